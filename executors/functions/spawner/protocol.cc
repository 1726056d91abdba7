#include "executors/functions/spawner/protocol.h"

#include <cstring>
#include <type_traits>

namespace perdure::executors::spawn {
namespace {

// The members of each message in the order of the wire; one list serves both directions.
template <class Archive>
void members(Archive& a, Limit& m) {
  a(m.resource, m.value);
}
template <class Archive>
void members(Archive& a, SeenFolder& m) {
  a(m.from, m.to);
}
template <class Archive>
void members(Archive& a, SandboxOrder& m) {
  a(m.level, m.network, m.memory_mib, m.tmp_mib, m.folders, m.writable);
}
template <class Archive>
void members(Archive& a, WorkerState& m) {
  a(m.worker, m.tag, m.pid, m.request, m.remaining_ms);
}
template <class Archive>
void members(Archive& a, Hello& m) {
  a(m.version, m.key);
}
template <class Archive>
void members(Archive& a, Spawn& m) {
  a(m.worker, m.tag, m.argv, m.env, m.folder, m.limits, m.timeout_ms, m.sandbox, m.from,
    m.linger_ms);
}
template <class Archive>
void members(Archive& a, Assign& m) {
  a(m.worker, m.request, m.timeout_ms);
}
template <class Archive>
void members(Archive& a, Finish& m) {
  a(m.worker, m.request);
}
template <class Archive>
void members(Archive& a, Kill& m) {
  a(m.worker);
}
template <class Archive>
void members(Archive&, Shutdown&) {}
template <class Archive>
void members(Archive& a, Keep& m) {
  a(m.key, m.kind, m.count, m.argv, m.env, m.folder, m.limits, m.sandbox, m.from);
}
template <class Archive>
void members(Archive& a, EndProgram& m) {
  a(m.worker);
}
template <class Archive>
void members(Archive& a, StartSnapshot& m) {
  a(m.order);
}
template <class Archive>
void members(Archive& a, Welcome& m) {
  a(m.version, m.pid, m.level, m.reasons);
}
template <class Archive>
void members(Archive& a, Workers& m) {
  a(m.workers);
}
template <class Archive>
void members(Archive& a, Started& m) {
  a(m.worker, m.pid, m.tier);
}
template <class Archive>
void members(Archive& a, SpawnFailed& m) {
  a(m.worker, m.reason);
}
template <class Archive>
void members(Archive& a, Output& m) {
  a(m.worker, m.request, m.stream, m.dropped, m.bytes);
}
template <class Archive>
void members(Archive& a, Exited& m) {
  a(m.worker, m.request, m.code, m.signal, m.timed_out, m.peak_kib, m.out_of_memory);
}

template <class Archive>
void members(Archive& a, Ended& m) {
  a(m.program);
}
template <class Archive>
void members(Archive& a, SnapshotTaken& m) {
  a(m.worker);
}
template <class Archive>
void members(Archive& a, Files& m) {
  a(m.worker, m.seat, m.which);
}

template <class T>
concept Number = std::is_unsigned_v<T>;

class Writer {
 public:
  template <class... Members>
  void operator()(Members&... each) {
    (put(each), ...);
  }
  std::string out;

 private:
  template <Number T>
  void put(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  }
  void put(Tier tier) { put(static_cast<uint8_t>(tier)); }
  void put(std::string& text) {
    put(static_cast<uint32_t>(text.size()));
    out += text;
  }
  template <class T>
  void put(std::vector<T>& list) {
    put(static_cast<uint32_t>(list.size()));
    for (auto& each : list) put(each);
  }
  template <class T>
  requires std::is_class_v<T>
  void put(T& record) { members(*this, record); }
};

// Reads what is there and leaves `ok` false if something is missing.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  template <class... Members>
  void operator()(Members&... each) {
    (get(each), ...);
  }
  bool ok = true;

 private:
  std::string_view take(size_t count) {
    if (count > in_.size()) {
      ok = false;
      return {};
    }
    std::string_view taken = in_.substr(0, count);
    in_.remove_prefix(count);
    return taken;
  }
  template <Number T>
  void get(T& value) {
    std::string_view bytes = take(sizeof(T));
    value = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      value |= static_cast<T>(static_cast<T>(static_cast<uint8_t>(bytes[i])) << (8 * i));
    }
  }
  void get(Tier& tier) {
    uint8_t value = 0;
    get(value);
    tier = static_cast<Tier>(value);
  }
  void get(std::string& text) {
    uint32_t size = 0;
    get(size);
    text = take(size);
  }
  template <class T>
  void get(std::vector<T>& list) {
    uint32_t count = 0;
    get(count);
    // Every element takes at least a byte, so that a lying count cannot make us allocate.
    if (count > in_.size()) ok = false;
    for (uint32_t i = 0; ok && i < count; ++i) get(list.emplace_back());
  }
  template <class T>
  requires std::is_class_v<T>
  void get(T& record) { members(*this, record); }

  std::string_view in_;
};

// Tries each alternative in turn; nothing for a type that is not known.
template <size_t I = 0>
Result<std::optional<Message>> decode(uint8_t type, std::string_view body) {
  if constexpr (I < std::variant_size_v<Message>) {
    using Candidate = std::variant_alternative_t<I, Message>;
    if (type != Candidate::type) return decode<I + 1>(type, body);
    Candidate message;
    Reader reader(body);
    members(reader, message);
    if (!reader.ok) return internal_error("a spawner message is cut short");
    return std::optional<Message>(std::move(message));
  } else {
    return std::optional<Message>();
  }
}

}  // namespace

std::string encode(const Message& message) {
  Writer writer;
  writer.out.resize(4);
  std::visit(
      [&](auto copy) {
        writer.out.push_back(static_cast<char>(copy.type));
        members(writer, copy);
      },
      message);
  uint32_t length = static_cast<uint32_t>(writer.out.size() - 4);
  for (int i = 0; i < 4; ++i) writer.out[i] = static_cast<char>(length >> (8 * i));
  return std::move(writer.out);
}

Result<std::optional<Message>> FrameReader::next() {
  for (;;) {
    std::string_view rest = std::string_view(buffer_).substr(start_);
    uint32_t length = 0;
    if (rest.size() >= 4) {
      for (int i = 0; i < 4; ++i) {
        length |= static_cast<uint32_t>(static_cast<uint8_t>(rest[i])) << (8 * i);
      }
      if (length == 0 || length > max_frame_bytes) {
        return internal_error("a spawner message has an impossible length");
      }
    }
    if (rest.size() < 4 || rest.size() - 4 < length) {
      buffer_.erase(0, std::exchange(start_, 0));
      return std::optional<Message>();
    }
    start_ += 4 + size_t{length};
    PD_TRY(message, decode(static_cast<uint8_t>(rest[4]), rest.substr(5, length - 1)));
    if (message) return message;
  }
}

}  // namespace perdure::executors::spawn
