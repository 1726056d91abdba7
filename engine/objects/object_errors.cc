#include "engine/objects/object_errors.h"

#include <algorithm>

namespace perdure::engine {

Error no_such_bucket() {
  return {ErrorKind::not_found, "NoSuchBucket", "The specified bucket does not exist"};
}
Error no_such_key() {
  return {ErrorKind::not_found, "NoSuchKey", "The specified key does not exist."};
}
Error no_such_upload() {
  return {ErrorKind::not_found, "NoSuchUpload",
          "The specified upload does not exist. The upload ID may be invalid, or the upload may "
          "have been aborted or completed."};
}
Error access_denied() { return {ErrorKind::denied, "AccessDenied", "Access Denied"}; }
Error precondition_failed() {
  return {ErrorKind::conflict, "PreconditionFailed",
          "At least one of the pre-conditions you specified did not hold"};
}
Error invalid_bucket_name() {
  return invalid("InvalidBucketName", "The specified bucket is not valid.");
}
Error bucket_exists() {
  return {ErrorKind::conflict, "BucketAlreadyExists",
          "The requested bucket name is not available. The bucket namespace is shared by all "
          "users of the system. Please select a different name and try again."};
}
Error bucket_is_yours() {
  return {ErrorKind::conflict, "BucketAlreadyOwnedByYou",
          "Your previous request to create the named bucket succeeded and you already own it."};
}

Error refused_change(ObjectOutcome outcome) {
  switch (outcome) {
    case ObjectOutcome::bucket_exists:
      return bucket_exists();
    case ObjectOutcome::bucket_not_empty:
      return {ErrorKind::conflict, "BucketNotEmpty", "The bucket you tried to delete is not empty"};
    case ObjectOutcome::no_bucket:
      return no_such_bucket();
    case ObjectOutcome::no_object:
      return no_such_key();
    case ObjectOutcome::no_upload:
      return no_such_upload();
    case ObjectOutcome::condition_failed:
      return precondition_failed();
    case ObjectOutcome::committed:
    case ObjectOutcome::stale_lease:
      break;
  }
  return internal_error("The change was not committed.");
}

bool is_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz", digits = "0123456789";
  const auto is_end = [&](char c) {
    return letters.find(c) != letters.npos || digits.find(c) != digits.npos;
  };
  const auto fits = [&](char c) { return is_end(c) || c == '-' || c == '.'; };
  if (!is_end(name.front()) || !is_end(name.back())) return false;
  if (!std::all_of(name.begin(), name.end(), fits) || name.find("..") != name.npos) return false;
  const bool numbers = name.find_first_not_of("0123456789.") == name.npos;
  return !(numbers && std::count(name.begin(), name.end(), '.') == 3);
}

}  // namespace perdure::engine
