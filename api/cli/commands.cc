// The verbs and their options. The only source that includes CLI11.

#include "api/cli/commands.h"

#include <CLI/CLI.hpp>
#include <csignal>

#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "executors/functions/spawner/spawner.h"

namespace perdure::api::cli {

namespace {

constexpr const char* about =
    "perdure runs Amazon States Language workflows that survive anything, next to the functions "
    "they call.";

// Builds the tree of verbs; `code` gets what the chosen one returns.
class CommandLine {
 public:
  CommandLine() : app_(about, "perdure") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "perdure 0.1.0");
    add_server_verbs();
    add_execution_verbs();
    add_function_verbs();
    add_file_verbs();
    add_test_verb();
    add_data_verbs();
  }

  int run(int argc, char** argv) {
    if (argc > 1 && is_unknown_verb(argv[1])) return refuse_verb(argv[1]);
    if (argc == 1) {
      write_err(app_.help());
      return usage;
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? ok : usage;
    }
    return code_;
  }

 private:
  bool is_unknown_verb(const std::string& word) const {
    const auto named = [&](const CLI::App* verb) { return verb->get_name() == word; };
    return !word.starts_with('-') && app_.get_subcommands(named).empty();
  }
  // CLI11 would only say that a verb is required.
  int refuse_verb(const std::string& word) const {
    std::vector<std::string> verbs;
    for (const CLI::App* verb : app_.get_subcommands([](const CLI::App*) { return true; })) {
      if (!verb->get_group().empty()) verbs.push_back(verb->get_name());
    }
    const auto meant = closest_word(word, verbs);
    write_err("perdure: there is no verb '" + printable(word) + "'" +
              (meant ? "; did you mean '" + *meant + "'?" : "") + " See perdure --help.\n");
    return usage;
  }

  template <class Options>
  void on_chosen(CLI::App* verb, Options& options, int (*function)(const Options&)) {
    verb->callback([this, &options, function] { code_ = function(options); });
  }
  static void add_common(CLI::App* verb, Common& common) {
    verb->add_option("--endpoint-url", common.endpoint,
                     "the server (else AWS_ENDPOINT_URL, PERDURE_ENDPOINT, "
                     "http://127.0.0.1:4566)");
    verb->add_flag("--json", common.json, "JSON on stdout; JSON Lines for streams");
  }
  void add_server_verbs();
  void add_serve_limits(CLI::App* verb);
  void add_execution_verbs();
  void add_redrive_verb();
  void add_function_verbs();
  void add_file_verbs();
  void add_test_verb();
  void add_data_verbs();
  void add_execution_verb(const char* name, const char* help, ExecutionOptions& options,
                          int (*function)(const ExecutionOptions&));

  CLI::App app_;
  int code_ = ok;
  ServeOptions serve_;
  std::string spawner_data_;
  RunOptions run_;
  StartOptions start_;
  ListOptions list_;
  ExecutionOptions show_, history_, stop_;
  RedriveOptions redrive_;
  InvokeOptions invoke_;
  LogsOptions logs_;
  DeployOptions deploy_;
  LintOptions lint_;
  TestOptions test_;
  Common env_, stats_;
  DoctorOptions doctor_;
  BackupOptions backup_;
  RestoreOptions restore_;
  CheckOptions check_;
  VacuumOptions vacuum_;
};

void CommandLine::add_server_verbs() {
  CLI::App* verb = app_.add_subcommand("serve", "start the server");
  verb->set_config("--config", "", "settings file: one `option = value` a line");
  verb->add_option("--data", serve_.data, "data folder")->capture_default_str();
  verb->add_option("--listen", serve_.listen, "loopback address and port; port 0 picks one")
      ->capture_default_str();
  verb->add_option("--allow-host", serve_.hosts, "a further name this server is called by");
  verb->add_option("--allow-origin", serve_.origins,
                   "a web page's origin that may call, such as http://localhost:3000");
  verb->add_option("--log-format", serve_.log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->add_option("--log-level", serve_.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  add_serve_limits(verb);
  on_chosen(verb, serve_, &serve);

  CLI::App* spawner = app_.add_subcommand("spawner")->group("");  // the server starts it
  spawner->add_option("--data", spawner_data_)->required();
  spawner->callback([this] { code_ = executors::run_spawner(spawner_data_); });

  CLI::App* env = app_.add_subcommand("env", "print what AWS's tools need to find the server");
  add_common(env, env_);
  on_chosen(env, env_, &print_environment);
  CLI::App* doctor_verb =
      app_.add_subcommand("doctor", "check server, data folder, interpreters and tools");
  doctor_verb->add_option("--data", doctor_.data, "data folder")->capture_default_str();
  add_common(doctor_verb, doctor_.common);
  on_chosen(doctor_verb, doctor_, &doctor);
  CLI::App* stats_verb =
      app_.add_subcommand("stats", "how much the server holds and how it keeps up");
  add_common(stats_verb, stats_);
  on_chosen(stats_verb, stats_, &print_stats);
}

void CommandLine::add_serve_limits(CLI::App* verb) {
  const auto positive = CLI::PositiveNumber;
  verb->add_option("--http-threads", serve_.http_threads, "threads that read and write sockets")
      ->check(positive)
      ->capture_default_str();
  verb->add_option("--shard-threads", serve_.shard_threads, "threads that run workflows; 0: cores")
      ->capture_default_str();
  verb->add_option("--busy-poll-us", serve_.busy_poll_us,
                   "look for news so long before sleeping, for lone callers; 0: sleep at once")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  verb->add_option("--grace-ms", serve_.grace_ms, "how long SIGTERM lets requests finish")
      ->capture_default_str();
  verb->add_option("--retention-days", serve_.retention_days, "closed executions are kept so long")
      ->check(positive)
      ->capture_default_str();
  verb->add_option("--max-payload-bytes", serve_.max_payload_bytes, "input, output, state data")
      ->check(positive)
      ->capture_default_str();
  verb->add_flag("--check-replay", serve_.check_replay,
                 "replay every execution after each commit and compare: slow, for tests");
  verb->add_option("--max-events", serve_.max_events, "events of one execution's history")
      ->check(positive)
      ->capture_default_str();
  verb->add_option("--max-starting", serve_.max_starting,
                   "starts under way before ThrottlingException")
      ->check(positive)
      ->capture_default_str();
  verb->add_option("--start-target-ms", serve_.start_target_ms,
                   "how long starts may stand in a queue before some are refused")
      ->check(positive)
      ->capture_default_str();
  verb->add_flag("--aws-throttling", serve_.aws_throttling,
                 "throttle calls of Step Functions by AWS's default token buckets");
  verb->add_option("--concurrency", serve_.concurrency, "invocations at once; 0: 16 x cores")
      ->capture_default_str();
  verb->add_option("--account-concurrency", serve_.account_concurrency,
                   "what functions may reserve all but 100 of, in each account")
      ->check(positive)
      ->capture_default_str();
  verb->add_option("--idle-ttl-ms", serve_.idle_ttl_ms, "a worker without work ends after this")
      ->check(positive)
      ->capture_default_str();
  verb->add_option("--functions-memory-mib", serve_.functions_memory_mib,
                   "workers that wait give way beyond it; 0: half of what there is")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--sandbox", serve_.sandbox,
                   "a weaker sandbox for functions than this machine allows (docs/sandbox.md)")
      ->check(CLI::IsMember({"A", "B", "C", "none"}));
  verb->add_option("--require-sandbox", serve_.required_sandbox,
                   "do not start where functions would get a weaker one")
      ->check(CLI::IsMember({"A", "B", "C"}));
  verb->add_option("--integrations", serve_.integrations,
                   "file that says where tasks of other services go (docs/integrations.md)");
  verb->add_option("--after-crash", serve_.after_crash,
                   "what becomes of an invocation whose worker was lost: fail or rerun")
      ->check(CLI::IsMember({"fail", "rerun"}))
      ->capture_default_str();
}

void CommandLine::add_execution_verb(const char* name, const char* help, ExecutionOptions& options,
                                     int (*function)(const ExecutionOptions&)) {
  CLI::App* verb = app_.add_subcommand(name, help);
  verb->add_option("execution", options.id, "its ARN or its name")->required();
  add_common(verb, options.common);
  if (std::string(name) == "history") {
    verb->add_flag("-f,--follow", options.follow, "go on until the execution ends");
  }
  if (std::string(name) == "stop") {
    verb->add_option("--error", options.error, "error to record");
    verb->add_option("--cause", options.cause, "cause to record");
  }
  on_chosen(verb, options, function);
}

void CommandLine::add_execution_verbs() {
  CLI::App* start_verb = app_.add_subcommand("start", "start an execution on the server");
  start_verb->add_option("machine", start_.machine, "state machine: name or ARN")->required();
  start_verb->add_option("-i,--input", start_.input, "JSON, @FILE or - for stdin");
  start_verb->add_option("--name", start_.name, "name of the execution");
  start_verb->add_flag("-w,--wait", start_.wait, "show progress, print the output");
  add_common(start_verb, start_.common);
  on_chosen(start_verb, start_, &start);

  CLI::App* list_verb =
      app_.add_subcommand("ls", "list executions, machines, their versions and aliases, ...");
  list_verb->add_option("what", list_.what, "what to list")
      ->check(CLI::IsMember(
          {"executions", "machines", "versions", "aliases", "functions", "schedules"}))
      ->capture_default_str();
  list_verb->add_option("--machine", list_.machine, "executions of this state machine");
  list_verb->add_option("--status", list_.status, "RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED")
      ->check(CLI::IsMember({"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}));
  list_verb->add_option("--limit", list_.limit, "at most so many executions")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_common(list_verb, list_.common);
  on_chosen(list_verb, list_, &list);

  add_execution_verb("show", "show an execution as a tree", show_, &show);
  add_execution_verb("history", "print an execution's events", history_, &history);
  add_execution_verb("stop", "stop an execution", stop_, &stop);
  add_redrive_verb();
}

void CommandLine::add_redrive_verb() {
  CLI::App* verb = app_.add_subcommand("redrive", "let a failed, aborted or late execution go on");
  verb->add_option("execution", redrive_.id, "its ARN or its name")->required();
  verb->add_option("--from", redrive_.from, "begin with this state; else where it failed");
  verb->add_option("-i,--input", redrive_.input, "of that state: JSON, @FILE or - for stdin");
  verb->add_option("--definition", redrive_.definition,
                   "run this .asl.json file from now on, or `latest`, the machine's own");
  add_common(verb, redrive_.common);
  on_chosen(verb, redrive_, &redrive);
}

void CommandLine::add_function_verbs() {
  CLI::App* verb = app_.add_subcommand("invoke", "invoke a function");
  verb->add_option("function", invoke_.function, "name or ARN")->required();
  verb->add_option("-i,--input", invoke_.input, "JSON, @FILE or - for stdin");
  verb->add_flag("--event", invoke_.event, "hand it over and do not wait");
  verb->add_flag("--log", invoke_.log, "the end of the function's log on stderr");
  add_common(verb, invoke_.common);
  on_chosen(verb, invoke_, &invoke);

  CLI::App* logs_verb = app_.add_subcommand("logs", "print what a function has written");
  logs_verb->add_option("function", logs_.function, "name, or a log group that begins with /")
      ->required();
  logs_verb->add_flag("-f,--follow", logs_.follow, "go on until interrupted");
  logs_verb->add_option("--since-minutes", logs_.since_minutes, "only the last minutes");
  add_common(logs_verb, logs_.common);
  on_chosen(logs_verb, logs_, &logs);
}

void CommandLine::add_file_verbs() {
  CLI::App* verb = app_.add_subcommand("run", "run a definition here, without a server");
  verb->add_option("file", run_.file, "an .asl.json or .asl.yaml file")
      ->required()
      ->check(CLI::ExistingFile);
  verb->add_option("-i,--input", run_.input, "JSON, @FILE or - for stdin");
  verb->add_flag("--json", run_.common.json, "the end as JSON on stdout");
  on_chosen(verb, run_, &run_local);

  CLI::App* deploy_verb = app_.add_subcommand("deploy", "make the server have what a folder lists");
  deploy_verb->add_option("folder", deploy_.folder, "folder with a perdure.json")
      ->required()
      ->check(CLI::ExistingDirectory);
  deploy_verb->add_flag("--publish", deploy_.publish,
                        "publish a version of each state machine that has none of its revision");
  add_common(deploy_verb, deploy_.common);
  on_chosen(deploy_verb, deploy_, &deploy);

  CLI::App* lint_verb = app_.add_subcommand("lint", "check definitions");
  lint_verb->add_option("files", lint_.files, "definitions, JSON or YAML; - for stdin")->required();
  lint_verb->add_option("--type", lint_.type, "STANDARD or EXPRESS")
      ->check(CLI::IsMember({"STANDARD", "EXPRESS"}))
      ->capture_default_str();
  lint_verb->add_flag("--json", lint_.common.json, "JSON Lines on stdout");
  on_chosen(lint_verb, lint_, &lint);
}

void CommandLine::add_test_verb() {
  CLI::App* verb = app_.add_subcommand(
      "test", "run the tests beside definitions (NAME.test.yaml), in virtual time");
  verb->add_option("paths", test_.paths, "test files, or folders to search (default: this one)");
  verb->add_option("--filter", test_.filter, "only cases whose name is like this (* and ?)");
  verb->add_flag("--coverage", test_.coverage, "which states and transitions were covered");
  verb->add_option("--coverage-threshold", test_.threshold,
                   "percent of states and of transitions to cover; less is a failure")
      ->check(CLI::Range(0.0, 100.0));
  verb->add_option("--junit", test_.junit, "write a report in JUnit's XML to this file");
  verb->add_flag("--watch", test_.watch, "run again what is changed, until interrupted");
  verb->add_flag("-v,--verbose", test_.verbose, "also the path and output of what passed");
  CLI::Option* config = verb->add_option("--mock-config", test_.mock_config,
                                         "a MockConfigFile.json of Step Functions Local");
  verb->add_option("--case", test_.case_name, "only this test case of it")->needs(config);
  verb->add_option("-i,--input", test_.input, "input of its executions: JSON, @FILE or -")
      ->needs(config);
  verb->add_flag("--json", test_.common.json, "JSON Lines on stdout");
  on_chosen(verb, test_, &run_tests);
}

void CommandLine::add_data_verbs() {
  CLI::App* verb = app_.add_subcommand("backup", "copy database and blobs while the server runs");
  verb->add_option("--to", backup_.to, "a folder, absent or empty, on the server's machine")
      ->required();
  verb->add_option("--data", backup_.data, "data folder of a stopped server");
  add_common(verb, backup_.common);
  on_chosen(verb, backup_, &backup);

  CLI::App* restore_verb = app_.add_subcommand("restore", "make a data folder from a backup");
  restore_verb->add_option("--from", restore_.from, "folder that `backup` has written")
      ->required()
      ->check(CLI::ExistingDirectory);
  restore_verb->add_option("--data", restore_.data, "new data folder, absent or empty")->required();
  restore_verb->add_flag("--json", restore_.json, "JSON on stdout");
  on_chosen(restore_verb, restore_, &restore);

  CLI::App* check_verb = app_.add_subcommand("check", "read a whole data folder, find damage");
  check_verb->add_option("--data", check_.data, "data folder")->required();
  check_verb->add_flag("--json", check_.json, "JSON on stdout");
  on_chosen(check_verb, check_, &check);

  CLI::App* vacuum_verb =
      app_.add_subcommand("vacuum", "give a stopped server's free space back to the disk");
  vacuum_verb->add_option("--data", vacuum_.data, "data folder")->required();
  on_chosen(vacuum_verb, vacuum_, &vacuum);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  // A reader that goes away ends a write, not the process.
  std::signal(SIGPIPE, SIG_IGN);
  const int code = CommandLine().run(argc, argv);
  return code == ok && lost_output() ? failed : code;
}

}  // namespace perdure::api::cli
