#include "engine/map_runs/result_writer.h"

#include <utility>
#include <vector>

#include "asl/value/split.h"
#include "asl/value/value.h"
#include "base/json.h"
#include "base/wait.h"
#include "engine/map_runs/results.h"

namespace perdure::engine {
namespace {

constexpr int64_t file_bytes = int64_t{1} << 30;
constexpr int64_t pending_children = 1'000;
constexpr int64_t pending_bytes = 1 << 20;

Error failed(const Error& error) {
  return Error{ErrorKind::runtime, "States.ResultWriterFailed", error.cause};
}

struct Destination {
  std::string bucket;
  std::string folder;  // "PREFIX/UUID/"
};

Result<Destination> destination_of(const MapRun& run) {
  asl::Arena arena;
  PD_TRY(json, asl::parse_json(run.settings().writer_arguments, arena));
  const auto text_of = [&](std::string_view name) {
    const asl::Value value = json.get(name);
    return value.is(asl::Kind::string) ? std::string(value.as_string()) : std::string();
  };
  Destination to{text_of("Bucket"), text_of("Prefix")};
  if (!to.folder.empty() && to.folder.back() != '/') to.folder += '/';
  const std::string& arn = run.order().arn;
  to.folder += arn.substr(arn.rfind(':') + 1) + "/";
  return to;
}

// The files of one status: SUCCEEDED_0.json, SUCCEEDED_1.json, ...
class ResultFiles {
 public:
  ResultFiles(Objects& objects, const Tenant& tenant, const Destination& to, std::string status,
              bool json_lines)
      : objects_(objects),
        tenant_(tenant),
        to_(to),
        status_(std::move(status)),
        json_lines_(json_lines) {}

  // One result, or several with commas between them.
  Result<> add(std::string_view results) {
    if (results.empty()) return {};
    if (writer_ == nullptr) {
      writer_ = objects_.writer();
      size_ = 0;
    }
    std::string text(json_lines_ ? "" : size_ == 0 ? "[" : ",");
    text += results;
    if (json_lines_) text += '\n';
    size_ += static_cast<int64_t>(text.size());
    PD_CHECK(writer_->write(text));
    return size_ < file_bytes ? Result<>() : finish_file();
  }

  // What the manifest says of them.
  Result<Json> finish() {
    if (writer_ != nullptr) PD_CHECK(finish_file());
    return files_;
  }

 private:
  Result<> finish_file() {
    if (!json_lines_) PD_CHECK(writer_->write("]"));
    PD_TRY(content, writer_->finish());
    writer_.reset();
    PutOrder put;
    put.bucket = to_.bucket;
    put.key = to_.folder + status_ + "_" + std::to_string(files_.size()) +
              (json_lines_ ? ".jsonl" : ".json");
    files_.push_back({{"Key", put.key}, {"Size", content.size}});
    put.content = std::move(content);
    put.attributes["content-type"] = "application/json";
    return put_object(std::move(put));
  }
  Result<> put_object(PutOrder put) {
    PD_CHECK(wait_for<ObjectInfo>([&](auto done) { objects_.put(tenant_, std::move(put), done); }));
    return {};
  }

  Objects& objects_;
  const Tenant& tenant_;
  const Destination& to_;
  const std::string status_;
  const bool json_lines_;
  std::unique_ptr<ContentWriter> writer_;
  int64_t size_ = 0;
  Json files_ = Json::array();
};

std::string pending_description(const MapRun& run, int64_t index, const std::string& input) {
  const MapRunOrder& order = run.order();
  return dump_json({{"ExecutionArn", map_child_arn(order, run.settings().express, index)},
                    {"Input", input},
                    {"InputDetails", {{"Included", true}}},
                    {"Name", map_child_name(order, index)},
                    {"StateMachineArn", state_machine_arn(order.tenant, map_run_machine(order))},
                    {"Status", "PENDING"}});
}

// The children that were never started, as they would have been.
Result<> add_pending(const ResultWriterParts& parts, const MapRun& run, ResultFiles& files) {
  if (!run.stopping() || !parts.feed.machine) return {};
  auto feed = ItemFeed::open(parts.feed, parts.open_items, run.pin());
  // A reader that has failed fails again: what it cannot read is not listed.
  if (!feed || !(*feed)->go_to(run.mark_before(run.next_item()), run.next_item())) return {};
  int64_t index = run.next_index();
  for (bool more = true; more;) {
    const auto page = (*feed)->next(pending_children, pending_bytes);
    if (!page) return {};
    for (const FedChild& child : page->children) {
      PD_CHECK(files.add(pending_description(run, index++, child.input)));
    }
    more = !page->end;
  }
  return {};
}

Result<> put_manifest(Objects& objects, const MapRun& run, const Destination& to, Json files) {
  const auto writer = objects.writer();
  PD_CHECK(writer->write(dump_json({{"DestinationBucket", to.bucket},
                                    {"MapRunArn", run.order().arn},
                                    {"ResultFiles", std::move(files)}})));
  PD_TRY(content, writer->finish());
  PutOrder put;
  put.bucket = to.bucket;
  put.key = to.folder + "manifest.json";
  put.content = std::move(content);
  put.attributes["content-type"] = "application/json";
  PD_CHECK(wait_for<ObjectInfo>(
      [&](auto done) { objects.put(run.order().tenant, std::move(put), done); }));
  return {};
}

// An array's members without its brackets, one a line where lines are written.
std::string flattened(const std::string& result, bool json_lines) {
  if (result.empty() || result.front() != '[') return result;
  std::string members(result.substr(1, result.size() - 2));
  if (!json_lines) return members;
  std::string lines;
  for (const std::string_view member : asl::split_array(result)) {
    if (!lines.empty()) lines += '\n';
    lines += member;
  }
  return lines;
}

Result<> write_all(const ResultWriterParts& parts, const ActorKey& key, const MapRun& run,
                   const Destination& to) {
  Objects& objects = *parts.objects;
  const Tenant& tenant = run.order().tenant;
  PD_CHECK(objects.find_bucket(tenant, to.bucket));
  const bool lines = run.settings().json_lines;
  ResultFiles succeeded(objects, tenant, to, "SUCCEEDED", lines);
  ResultFiles others(objects, tenant, to, "FAILED", lines);
  ResultFiles pending(objects, tenant, to, "PENDING", lines);
  const bool flatten = run.settings().form == ResultForm::flatten;
  PD_CHECK(each_result(parts.store, key, run, [&](const map_note::ChildEnded& ended) -> Result<> {
    const bool well = ended.status == static_cast<int64_t>(ChildStatus::succeeded);
    if (!well) return others.add(ended.result);
    return succeeded.add(flatten ? flattened(ended.result, lines) : ended.result);
  }));
  PD_CHECK(add_pending(parts, run, pending));
  PD_TRY(failed_files, others.finish());
  PD_TRY(pending_files, pending.finish());
  PD_TRY(succeeded_files, succeeded.finish());
  return put_manifest(objects, run, to,
                      {{"FAILED", std::move(failed_files)},
                       {"PENDING", std::move(pending_files)},
                       {"SUCCEEDED", std::move(succeeded_files)}});
}

}  // namespace

Result<std::string> write_results(const ResultWriterParts& parts, const ActorKey& key,
                                  const MapRun& run) {
  if (parts.objects == nullptr) {
    return Error{ErrorKind::runtime, "States.ResultWriterFailed",
                 "This server has no objects that a ResultWriter could write."};
  }
  PD_TRY(to, destination_of(run));
  if (auto written = write_all(parts, key, run, to); !written) return failed(written.error());
  return dump_json(
      {{"MapRunArn", run.order().arn},
       {"ResultWriterDetails", {{"Bucket", to.bucket}, {"Key", to.folder + "manifest.json"}}}});
}

}  // namespace perdure::engine
