// Versions, aliases and what else is set beside a function's own configuration.

#include <algorithm>

#include "base/ids.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::executors {
namespace {

Error bad_parameter(std::string cause) {
  return invalid("InvalidParameterValueException", std::move(cause));
}

// What belongs to the function alone is no part of its versions.
void leave_to_function(FunctionConfiguration& version) {
  version.last_version = 0;
  version.reserved_concurrency.reset();
  version.provisioned.clear();
  version.extra.erase("Tags");
  version.extra.erase("Policies");
}

// A version fixes all but names and dates.
bool same_content(FunctionConfiguration a, const FunctionConfiguration& b) {
  leave_to_function(a);
  a.version = b.version;
  a.description = b.description;
  a.created_ms = b.created_ms;
  a.modified_ms = b.modified_ms;
  a.revision_id = b.revision_id;
  return a == b;
}

Result<> check_publish(const FunctionConfiguration& latest, const PublishVersion& request) {
  if (request.expected_revision_id && *request.expected_revision_id != latest.revision_id) {
    return outdated_revision();
  }
  if (request.code_sha256 && *request.code_sha256 != latest.code_sha256) {
    return bad_parameter("CodeSHA256 (" + *request.code_sha256 +
                         ") is different from current CodeSHA256 in $LATEST (" +
                         latest.code_sha256 +
                         "). Please try again with the CodeSHA256 in $LATEST.");
  }
  return {};
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Error alias_not_found(const FunctionName& function, std::string_view alias) {
  return Error{ErrorKind::not_found, "ResourceNotFoundException",
               "Cannot find alias arn: " + function.arn() + ":" + std::string(alias)};
}

Result<> check_weights(const FunctionAlias& alias) {
  if (alias.weights.size() > 1) {
    return bad_parameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  for (const auto& [version, weight] : alias.weights) {
    if (!is_number(version)) return bad_parameter("$LATEST is not supported for alias routing");
    if (version == alias.version) {
      return bad_parameter("Invalid function version " + version + ". Function version " + version +
                           " is already included in routing configuration.");
    }
    if (weight < 0 || weight > 1) {
      return bad_parameter("A weight of an alias's version must be between 0 and 1");
    }
  }
  if (!alias.weights.empty() && alias.version == "$LATEST") {
    return bad_parameter("$LATEST is not supported for an alias pointing to more than 1 version");
  }
  return {};
}

}  // namespace

// ---- versions

// The number is taken in the function's document first: a crash behind that leaves a gap and never
// gives a number twice.
void FunctionCatalog::publish(const engine::Tenant& tenant, std::string_view function,
                              PublishVersion request, Done<FunctionConfiguration> done) {
  const auto latest = [&]() -> Result<Handle> {
    PD_TRY(name, parse_function_name(tenant, function));
    name.qualifier.clear();
    PD_TRY(found, find(name));
    PD_CHECK(check_publish(*found, request));
    return found;
  }();
  if (!latest) return done(latest.error());
  const Handle last = versions_.find((*latest)->arn, std::to_string((*latest)->last_version));
  if (last && same_content(**latest, *last)) return done(*last);
  publish_next(**latest, std::move(request), std::move(done));
}

void FunctionCatalog::publish_next(FunctionConfiguration latest, PublishVersion request,
                                   Done<FunctionConfiguration> done) {
  const int64_t revision = revision_of(latest.arn);
  ++latest.last_version;
  save(std::move(latest), revision,
       [this, request = std::move(request),
        done = std::move(done)](Result<FunctionConfiguration> saved) mutable {
         if (!saved) return done(saved.error());
         FunctionConfiguration version = std::move(*saved);
         version.version = std::to_string(version.last_version);
         leave_to_function(version);
         if (request.description) version.description = *request.description;
         if (auto touched = touch(version); !touched) return done(touched.error());
         versions_.put(std::move(version), std::move(done));
       });
}

std::vector<FunctionConfiguration> FunctionCatalog::versions(
    const FunctionConfiguration& function) const {
  return versions_.list(function.arn);
}

void FunctionCatalog::remove_version(const FunctionName& name, Done<bool> done) {
  const auto latest = find({name.tenant, name.name, ""});
  if (!latest) return done(latest.error());
  if (!is_number(name.qualifier)) {
    return done(bad_parameter(
        "Deletion of aliases is not currently supported. Please use the DeleteAlias API."));
  }
  for (const FunctionAlias& alias : aliases_.list(name.tenant, name.name)) {
    if (alias.version != name.qualifier && !alias.weights.contains(name.qualifier)) continue;
    return done(Error{ErrorKind::conflict, "ResourceConflictException",
                      "Version cannot be deleted: the alias " + alias.name + " points to " +
                          name.arn() + ":" + name.qualifier});
  }
  forget_qualifier(name, [this, latest = *latest, version = name.qualifier,
                          done = std::move(done)](Result<bool> gone) mutable {
    if (!gone) return done(gone.error());
    versions_.remove(*latest, version, std::move(done));
  });
}

// What is set for a version or an alias goes before it.
void FunctionCatalog::forget_qualifier(const FunctionName& name, Done<bool> done) {
  event_configs_.remove(name, [this, name, done = std::move(done)](Result<bool> gone) mutable {
    if (!gone) return done(gone.error());
    urls_.remove(name, std::move(done));
  });
}

// ---- aliases

Result<FunctionAlias> FunctionCatalog::find_alias(const FunctionName& function,
                                                  std::string_view alias) const {
  auto found = aliases_.find(function.tenant, function.name, alias);
  if (!found) return alias_not_found(function, alias);
  return std::move(*found);
}

std::vector<FunctionAlias> FunctionCatalog::aliases(const FunctionConfiguration& function) const {
  return aliases_.list(function.tenant, function.name);
}

Result<FunctionAlias> FunctionCatalog::change_alias(const FunctionName& function,
                                                    ChangeAlias change,
                                                    std::optional<FunctionAlias> before) {
  PD_TRY(latest, find({function.tenant, function.name, ""}));
  FunctionAlias alias = before.value_or(FunctionAlias{});
  if (change.expected_revision_id && *change.expected_revision_id != alias.revision_id) {
    return outdated_revision();
  }
  alias.tenant = function.tenant;
  alias.function = function.name;
  alias.name = std::move(change.name);
  if (change.version) alias.version = std::move(*change.version);
  if (change.description) alias.description = std::move(*change.description);
  if (change.weights) alias.weights = std::move(*change.weights);
  PD_CHECK(check_weights(alias));
  std::vector<std::string> named = {alias.version};
  for (const auto& [version, weight] : alias.weights) named.push_back(version);
  for (const std::string& version : named) {
    if (version != "$LATEST" && !versions_.find(latest->arn, version)) {
      return function_not_found(latest->arn + ":" + version);
    }
  }
  std::lock_guard lock(mutex_);
  alias.revision_id = make_uuid(random_);
  return alias;
}

void FunctionCatalog::create_alias(const FunctionName& function, ChangeAlias change,
                                   Done<FunctionAlias> done) {
  if (is_number(change.name)) {
    return done(invalid("ValidationException",
                        "1 validation error detected: Value '" + change.name +
                            "' at 'name' failed to satisfy constraint: Member must satisfy regular "
                            "expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"));
  }
  auto alias = change_alias(function, std::move(change), std::nullopt);
  if (!alias) return done(alias.error());
  aliases_.put(std::move(*alias), true, std::move(done));
}

void FunctionCatalog::update_alias(const FunctionName& function, ChangeAlias change,
                                   Done<FunctionAlias> done) {
  auto alias = [&]() -> Result<FunctionAlias> {
    PD_TRY(before, find_alias(function, change.name));
    return change_alias(function, std::move(change), std::move(before));
  }();
  if (!alias) return done(alias.error());
  aliases_.put(std::move(*alias), false, std::move(done));
}

void FunctionCatalog::remove_alias(const FunctionName& function, const std::string& alias,
                                   Done<bool> done) {
  const auto latest = find({function.tenant, function.name, ""});
  if (!latest) return done(latest.error());
  forget_qualifier({function.tenant, function.name, alias},
                   [this, function, alias, done = std::move(done)](Result<bool> gone) mutable {
                     if (!gone) return done(gone.error());
                     aliases_.remove(function.tenant, function.name, alias, std::move(done));
                   });
}

// ---- what stands beside it

void FunctionCatalog::change_beside(const FunctionName& function,
                                    const std::function<Result<>(FunctionConfiguration&)>& change,
                                    Done<FunctionConfiguration> done) {
  const int64_t revision = revision_of(function.arn());
  auto next = [&]() -> Result<FunctionConfiguration> {
    PD_TRY(latest, find({function.tenant, function.name, ""}));
    FunctionConfiguration changed = *latest;
    PD_CHECK(change(changed));
    return changed;
  }();
  if (!next) return done(next.error());
  save(std::move(*next), revision, std::move(done));
}

}  // namespace perdure::executors
