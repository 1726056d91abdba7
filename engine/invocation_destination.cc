#include "engine/invocation_destination.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"

namespace perdure::engine {
namespace {

std::string function_name(const std::string& function_arn) {
  constexpr std::string_view before = "function:";
  const std::string rest = parse_arn(function_arn).rest;
  const std::string name = rest.substr(rest.starts_with(before) ? before.size() : 0);
  return name.substr(0, name.find(':'));
}

Result<PutOrder> written(Objects& objects, const InvocationDelivery& delivery) {
  const auto writer = objects.writer();
  PD_CHECK(writer->write(delivery.record));
  PD_TRY(content, writer->finish());
  PutOrder order;
  order.bucket = parse_arn(delivery.destination).rest;
  order.key = record_key(delivery);
  order.content = std::move(content);
  order.attributes = {{"content-type", "application/json"}};
  return order;
}

}  // namespace

// Nothing in it is chance: what is delivered again is the same object.
std::string record_key(const InvocationDelivery& delivery) {
  std::string moment = iso8601_ms(delivery.ended_ms).substr(0, 19);
  std::string day = moment.substr(0, 10);
  std::replace(day.begin(), day.end(), '-', '/');
  std::replace(moment.begin(), moment.end(), ':', '.');
  return "aws/lambda/async/" + function_name(delivery.function_arn) + "/" + day + "/" + moment +
         "-" + uuid_of(sha256("record " + delivery.request_id));
}

DeliverRecord records_into_buckets(Objects& objects, Runner& runner) {
  return [&objects, &runner](const InvocationDelivery& delivery, auto done) {
    runner.post([&objects, delivery, done] {
      auto order = written(objects, delivery);
      if (!order) return done(order.error());
      objects.put(delivery.tenant, std::move(*order), [done](Result<ObjectInfo> put) {
        done(put ? Result<>() : Result<>(put.error()));
      });
    });
  };
}

}  // namespace perdure::engine
