#pragma once
// Sends requests through a router as the server would, without a socket.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "api/http/router.h"

namespace perdure::api {

class Wire {
 public:
  Wire() : router({}, {}, 7) {}
  explicit Wire(Service service) : Wire() { router.add(std::move(service)); }

  // Body plan included, as the server asks for it.
  HttpResponse send(std::string method, std::string target, std::string body, HttpHeaders headers) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    if (!request.headers.find("host")) request.headers.add("Host", "localhost:4566");
    if (!body.empty()) {
      BodyPlan plan = router.plan_body(request);
      if (plan.refusal) return std::move(*plan.refusal);
      if (body.size() > plan.limit_bytes) return router.protocol_error(413, "too large", &request);
      request.body = std::move(body);
    }
    std::optional<HttpResponse> answer;
    router.handle(std::move(request),
                  Respond::with([&](HttpResponse r) { answer = std::move(r); }));
    EXPECT_TRUE(answer) << "no answer yet";
    return answer ? std::move(*answer) : HttpResponse{};
  }
  HttpResponse post(std::string target, std::string body, HttpHeaders headers = {}) {
    return send("POST", std::move(target), std::move(body), std::move(headers));
  }
  HttpResponse get(std::string target, HttpHeaders headers = {}) {
    return send("GET", std::move(target), "", std::move(headers));
  }

  Router router;
};

}  // namespace perdure::api
