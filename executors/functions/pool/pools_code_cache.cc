// What workers of Node are told of the cache of their code, and what they say of it.

#include "executors/functions/pool/code_caches.h"
#include "executors/functions/pool/confinement.h"
#include "executors/functions/pool/pools.h"
#include "executors/functions/sandbox/layout.h"

namespace perdure::executors {
void Pools::offer_code_cache(Worker& worker, spawn::Spawn& order) {
  const CodeCaches::Offer offer = options_.code_caches->offer(*worker.pool->function);
  worker.code_cache_edition = offer.edition;
  if (offer.wanted) order.env.push_back("PERDURE_CODE_CACHE_WANTED=1");
  if (offer.folder.empty()) return;
  const std::string seen = show_folder(order.sandbox, offer.folder, sandbox::cache_folder);
  order.env.push_back("PERDURE_CODE_CACHE=" + seen + "/" + std::string(CodeCaches::file_name));
}

// Once from each worker, whatever its code says in its name.
ExtensionReply Pools::heard_of_code_cache(Worker& worker, const HttpRequest& request) {
  if (std::exchange(worker.told_of_code_cache, true)) return {409, "{}"};
  const FunctionConfiguration& function = *worker.pool->function;
  const bool made = !request.too_large && !request.body.empty() && !worker.pool->retired &&
                    options_.code_caches->take(function, worker.code_cache_edition, request.body);
  usage_.code_cache(function.arn, request.header("perdure-code-cache"), made);
  return {};
}

}  // namespace perdure::executors
