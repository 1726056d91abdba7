#include "api/aws/event_stream.h"

#include <cstdint>

#include "base/checksum.h"

namespace perdure::api {

namespace {

constexpr char text_type = 7;

void put_number(std::string& out, uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> shift & 0xff);
  }
}

void put_crc(std::string& out) {
  const auto crc = make_checksum("CRC32");
  crc->update(out);
  out += crc->finish();
}

}  // namespace

std::string event_stream_message(
    const std::vector<std::pair<std::string_view, std::string_view>>& headers,
    std::string_view payload) {
  std::string fields;
  for (const auto& [name, value] : headers) {
    put_number(fields, name.size(), 1);
    fields += name;
    fields += text_type;
    put_number(fields, value.size(), 2);
    fields += value;
  }
  constexpr size_t around = 16;  // both lengths, both checksums
  std::string out;
  out.reserve(around + fields.size() + payload.size());
  put_number(out, around + fields.size() + payload.size(), 4);
  put_number(out, fields.size(), 4);
  put_crc(out);
  out += fields;
  out += payload;
  put_crc(out);
  return out;
}

std::string event_stream_event(std::string_view type, std::string_view content_type,
                               std::string_view payload) {
  return event_stream_message(
      {{":message-type", "event"}, {":event-type", type}, {":content-type", content_type}},
      payload);
}

}  // namespace perdure::api
