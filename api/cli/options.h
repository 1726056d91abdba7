#pragma once
// What the command line said, read by commands.cc, used by the verbs.

#include <cstdint>
#include <string>
#include <vector>

namespace perdure::api::cli {

struct Common {
  std::string endpoint;  // --endpoint-url; empty: environment or default
  bool json = false;
};

struct ServeOptions {
  std::string data = "perdure-data";
  std::string listen = "127.0.0.1:4566";
  std::string log_format = "text";
  std::string log_level = "info";
  std::vector<std::string> hosts, origins;
  int http_threads = 2;
  int shard_threads = 0;
  int busy_poll_us = 300;
  int64_t grace_ms = 10'000;
  int64_t retention_days = 90;
  int64_t max_payload_bytes = 262'144;
  int64_t max_events = 25'000;
  bool check_replay = false;
  int64_t max_starting = 20'000;
  int64_t start_target_ms = 4;
  bool aws_throttling = false;
  int concurrency = 0;
  int64_t account_concurrency = 1000;
  int64_t idle_ttl_ms = 600'000;
  int64_t functions_memory_mib = 0;
  std::string after_crash = "fail";
  std::string sandbox, required_sandbox;  // a level's name; empty: the strongest, any
  std::string integrations;               // a file of settings; may be empty
};

struct RunOptions {
  Common common;
  std::string file;
  std::string input;
};
struct StartOptions {
  Common common;
  std::string machine;
  std::string name;
  std::string input;
  bool wait = false;
};
struct ListOptions {
  Common common;
  std::string what = "executions";
  std::string machine;
  std::string status;
  int64_t limit = 20;
};
struct ExecutionOptions {
  Common common;
  std::string id;
  bool follow = false;
  std::string error, cause;
};
struct RedriveOptions {
  Common common;
  std::string id;
  std::string from;
  std::string input;
  std::string definition;  // a file, or "latest"
};
struct InvokeOptions {
  Common common;
  std::string function;
  std::string input;
  bool event = false;
  bool log = false;
};
struct LogsOptions {
  Common common;
  std::string function;
  bool follow = false;
  int64_t since_minutes = 0;  // 0: from the beginning
};
struct DeployOptions {
  Common common;
  std::string folder;
  bool publish = false;
};
struct LintOptions {
  Common common;
  std::vector<std::string> files;
  std::string type = "STANDARD";
};
struct TestOptions {
  Common common;
  std::vector<std::string> paths;
  std::string filter;
  std::string junit;
  std::string mock_config;
  std::string case_name;
  std::string input;
  double threshold = 0;  // percent; 0: none
  bool coverage = false;
  bool watch = false;
  bool verbose = false;
};

struct BackupOptions {
  Common common;
  std::string to;
  std::string data;  // of a stopped server; empty: ask the running one
};
struct RestoreOptions {
  std::string from;
  std::string data;
  bool json = false;
};
struct CheckOptions {
  std::string data;
  bool json = false;
};
struct VacuumOptions {
  std::string data;
};
struct DoctorOptions {
  Common common;
  std::string data = "perdure-data";
};

// Each returns the exit code.
int serve(const ServeOptions& options);
int run_local(const RunOptions& options);
int start(const StartOptions& options);
int list(const ListOptions& options);
int show(const ExecutionOptions& options);
int history(const ExecutionOptions& options);
int stop(const ExecutionOptions& options);
int redrive(const RedriveOptions& options);
int invoke(const InvokeOptions& options);
int logs(const LogsOptions& options);
int deploy(const DeployOptions& options);
int lint(const LintOptions& options);
int run_tests(const TestOptions& options);
int print_environment(const Common& options);
int doctor(const DoctorOptions& options);
int print_stats(const Common& options);
int backup(const BackupOptions& options);
int restore(const RestoreOptions& options);
int check(const CheckOptions& options);
int vacuum(const VacuumOptions& options);

}  // namespace perdure::api::cli
