// How fast item readers are on one thread: MEBIBYTES. Prints a RESULT line (MiB/s) for each
// kind of dataset, the median of three runs over that many bytes in memory.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "engine/map_runs/readers/record_reader.h"

namespace {

using namespace perdure::engine;
using perdure::Result;

// The same rows again and again, behind a head.
class Repeated final : public Bytes {
 public:
  Repeated(std::string head, const std::string& row, int64_t bytes) : bytes_(bytes) {
    text_ = std::move(head);
    while (static_cast<int64_t>(text_.size()) < bytes) text_ += row;
  }
  Result<std::string> read(int64_t offset, int64_t length) override {
    if (offset >= bytes_) return std::string();
    return text_.substr(static_cast<size_t>(offset),
                        static_cast<size_t>(std::min(length, bytes_ - offset)));
  }

 private:
  std::string text_;
  const int64_t bytes_;
};

using Make = std::function<std::unique_ptr<RecordReader>(std::unique_ptr<Bytes>)>;

void measure(const char* name, const char* head, const char* row, int64_t bytes, const Make& make) {
  std::vector<double> rates;
  for (int run = 0; run < 3; ++run) {
    const auto reader = make(std::make_unique<Repeated>(head, row, bytes));
    // Of the processor: others may be busy on it.
    const std::clock_t began = std::clock();
    // The last row is cut, which ends the reading as well.
    for (auto item = reader->next(); item && *item; item = reader->next()) {
    }
    const double passed = double(std::clock() - began) / CLOCKS_PER_SEC;
    rates.push_back(double(bytes) / (1 << 20) / passed);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("RESULT readers %s %.0f MiB/s\n", name, rates[1]);
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t bytes = int64_t{argc > 1 ? std::atoi(argv[1]) : 256} << 20;
  measure("jsonl", "",
          "{\"id\":1234567,\"name\":\"Ada Lovelace\",\"city\":\"London\",\"score\":98.5,\"tags\":"
          "[\"a\",\"b\"]}\n",
          bytes, [](auto source) { return json_lines(std::move(source)); });
  measure("json", "[0",
          ",\n{\"id\":1234567,\"name\":\"Ada Lovelace\",\"city\":\"London\",\"score\":98.5}", bytes,
          [](auto source) { return json_items(std::move(source), ""); });
  measure("csv", "id,name,city,score,comment\n",
          "1234567,Ada Lovelace,London,98.5,\"the first, \"\"of all\"\"\"\n", bytes,
          [](auto source) { return csv_rows(std::move(source), {}); });
}
