#include "holdfast/cli/run.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string_view>
#include <variant>

#include "holdfast/base/text.hpp"
#include "holdfast/core/edit_distance.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/completion.hpp"
#include "src/cli/help.hpp"
#include "src/cli/input/files.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

/// What the command line says, before it means anything.
struct Arguments {
  Flags flags;
  std::string config;
  InputRequest input;
  Output output = Output::Text;
  RenderRequest render;
  bool require_claimed = false;
  std::string pvc;
  SourcesRequest sources;
  AdoptRequest adopt;
  CertificateRequest certificates;
  std::string shell;
  std::string completion;  ///< the script for that shell
};

void add_output(CLI::App& verb, Arguments& arguments) {
  static const std::map<std::string, Output> kOutputs = {
      {"text", Output::Text}, {"json", Output::Json}, {"yaml", Output::Yaml}};
  verb.add_option("-o,--output", arguments.output, "text, json or yaml")
      ->transform(CLI::CheckedTransformer(kOutputs).description(""))
      ->type_name("FORMAT")
      ->default_str("text");
}

void add_settings(CLI::App& verb, Arguments& arguments) {
  verb.add_option("--config", arguments.config, "a YAML file of settings")
      ->envname("HOLDFAST_CONFIG")
      ->type_name("FILE");
  for (const Setting& setting : settings_table()) {
    if (setting.flag.empty()) continue;
    CLI::Option* option = verb.add_option(std::string(setting.flag), arguments.flags[std::string(setting.flag)])
                              ->group("")  // they have a table of their own
                              ->type_name(setting.value)
                              ->allow_extra_args(false);
    // A bare --allow-cached-mount means true.
    if (setting.value == "true|false") option->expected(0, 1)->default_str("true");
  }
}

CLI::App* add_certs(CLI::App& app, Arguments& arguments) {
  CLI::App* certs = app.add_subcommand("certs", "Certificates for the webhook listener");
  certs->require_subcommand(1);
  CLI::App* generate = certs->add_subcommand("generate", "Write tls.crt, tls.key, ca.crt and ca.key");
  generate->add_option("--out", arguments.certificates.out, "the folder to write to")->required()->type_name("DIR");
  generate->add_option("--san", arguments.certificates.names, "a DNS name or IP address to serve (repeatable)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  generate->add_option("--days", arguments.certificates.days, "how long they are valid")
      ->check(CLI::Range(1, 36500))
      ->capture_default_str();
  generate->add_flag("--force", arguments.certificates.force, "replace the files of an earlier run");
  return generate;
}

void add_completion(CLI::App& app, Arguments& arguments) {
  CLI::App* verb = app.add_subcommand("completion",
                                      "Print a script that completes command lines in a shell; its first line "
                                      "says how to have it in every one");
  verb->add_option("shell", arguments.shell, "bash, zsh or fish")
      ->required()
      ->type_name(fmt::format("{}", fmt::join(kShells, "|")))
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(kShells), std::end(kShells))).description(""));
}

CLI::App* add_verb(CLI::App& app, Arguments& arguments, const std::string& name, const std::string& help) {
  CLI::App* verb = app.add_subcommand(name, help);
  add_output(*verb, arguments);
  add_settings(*verb, arguments);
  return verb;
}

CLI::Option* add_input(CLI::App& verb, InputRequest& input, const std::string& ns_help = "") {
  verb.add_option("-n,--namespace", input.ns, "the namespace of documents that name none [default: default]" + ns_help)
      ->type_name("NAMESPACE");
  return verb
      .add_option("-f,--filename", input.files,
                  "YAML or JSON, one or many documents; a folder: every *.yaml, *.yml and *.json in it, at any depth; "
                  "- is standard input (repeatable)")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

CLI::App* add_render(CLI::App& app, Arguments& arguments) {
  CLI::App* verb = add_verb(app, arguments, "render",
                            "Print the objects that would be applied for the PVCs in a file, or with --restore those "
                            "that restore a backup into a new PVC by hand");
  RenderRequest& request = arguments.render;
  CLI::Option* file = add_input(*verb, request.input);
  CLI::Option* restore = verb->add_option("--restore", request.restore, "the PVC whose backup is wanted")
                             ->type_name("NAMESPACE/PVC")
                             ->excludes(file);
  verb->add_option("--as-of", request.as_of, "with --restore: the newest backup at or before this time (RFC 3339)")
      ->type_name("TIME")
      ->needs(restore);
  verb->add_option("--into", request.into, "with --restore: the name of the new PVC [default: <pvc>-restored]")
      ->type_name("NAME")
      ->needs(restore);
  verb->add_option("--size", request.size, "with --restore: its size [default: the snapshot's and some more]")
      ->type_name("QUANTITY")
      ->needs(restore);
  return verb;
}

CLI::App* add_sources(CLI::App& app, Arguments& arguments, const std::string& name, const std::string& help) {
  CLI::App* verb = add_verb(app, arguments, name, help);
  SourcesRequest& request = arguments.sources;
  verb->add_option("pvc", request.pvc, "its name")->type_name("NAMESPACE/PVC");
  CLI::Option* all = verb->add_flag("-A,--all", request.all, "every PVC that holdfast backs up");
  verb->add_option("-n,--namespace", request.ns, "with --all: of this namespace only")
      ->type_name("NAMESPACE")
      ->needs(all);
  return verb;
}

void add_wait(CLI::App& verb, Arguments& arguments) {
  CLI::Option* wait = verb.add_flag("--wait", arguments.sources.wait, "until it is done; progress goes to stderr");
  verb.add_option("--timeout", arguments.sources.timeout, "with --wait: no longer than this")
      ->type_name("DURATION")
      ->needs(wait)
      ->capture_default_str();
}

/// What is asked of ReplicationSources.
void add_source_verbs(CLI::App& app, Arguments& arguments) {
  add_wait(*add_sources(app, arguments, "backup", "Back PVCs up now, between two scheduled backups"), arguments);
  add_wait(*add_sources(app, arguments, "drill",
                        "Rehearse a restore now: the newest backup into a temporary volume, verified and removed"),
           arguments);
  CLI::App* pause =
      add_sources(app, arguments, "pause", "Back PVCs up no more until they are resumed: a gap in the audit");
  pause->add_option("--reason", arguments.sources.reason, "why, for whoever reads the audit")->type_name("TEXT");
  add_sources(app, arguments, "resume", "Let backups of PVCs go on by their schedule");
}

void add_adopt(CLI::App& app, Arguments& arguments) {
  AdoptRequest& request = arguments.adopt;
  CLI::App* verb = add_verb(app, arguments, "adopt",
                            "Take over what kyverno or pvc-plumber made for PVCs, all of a PVC's objects or none; exit "
                            "code 1 where some PVC's cannot be");
  CLI::Option_group* what = verb->add_option_group("what to do");
  what->add_flag("--plan", request.plan, "say what would change, field by field, and write nothing");
  CLI::Option* apply = what->add_flag("--apply", request.apply, "take it over, and wait until that is done");
  what->add_flag("--undo", request.undo, "give back what was taken over: labels, owners and fields as they were");
  what->require_option(1);
  verb->add_option("scope", request.scope, "only this namespace or PVC")->type_name("NAMESPACE[/PVC]");
  verb->add_option("--timeout", request.timeout, "with --apply: wait no longer than this")
      ->type_name("DURATION")
      ->needs(apply)
      ->capture_default_str();
}

/// That of `serve` has the table of settings too.
void add_footers(CLI::App& app) {
  app.footer(help_footer(""));
  for (CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string footer = help_footer(verb->get_name());
    verb->footer(verb->get_name() == "serve" ? footer + "\n" + settings_help() : footer);
  }
}

void add_verbs(CLI::App& app, Arguments& arguments) {
  add_settings(*app.add_subcommand("serve", "Answer admission reviews, keep VolSync objects, serve metrics"),
               arguments);
  CLI::App* decide = add_verb(app, arguments, "decide",
                              "Say what mode enforce would do with the PVCs in a file, were they created now");
  add_input(*decide, arguments.input)->required();
  add_render(app, arguments);
  CLI::App* why = add_verb(app, arguments, "why", "Say how one PVC of the cluster stands, and what it waits for");
  why->add_option("pvc", arguments.pvc, "its name")->required()->type_name("NAMESPACE/PVC");
  CLI::App* audit = add_verb(app, arguments, "audit",
                             "List the PVCs of the cluster, or of files, and how they are protected; exit code 1 "
                             "where wanted protection is not there");
  add_input(*audit, arguments.input, "; without -f only this one");
  CLI::App* plan = add_verb(app, arguments, "plan",
                            "Say what would become of the PVCs in files, those of StatefulSets included, were the "
                            "cluster built from them now; exit code 1 where something that has backups would come "
                            "back without them, 3 where there is nothing to judge");
  add_input(*plan, arguments.input)->required();
  plan->add_flag("--require-claimed", arguments.require_claimed,
                 "exit code 1 also where the repository has backups that no PVC in the files claims");
  add_verb(app, arguments, "doctor",
           "Look at everything that this installation rests on, and say what to do about what is not well; exit code 1 "
           "where a check failed");
  CLI::App* snapshots = add_verb(app, arguments, "snapshots",
                                 "List what the repository holds: a line for each source, or each complete snapshot "
                                 "of one PVC, newest first");
  snapshots->add_option("pvc", arguments.pvc, "only this one's")->type_name("NAMESPACE/PVC");
  add_source_verbs(app, arguments);
  add_adopt(app, arguments);
  add_verb(app, arguments, "repository-id", "Print the identity of the repository, to pin it");
  add_certs(app, arguments);
  add_completion(app, arguments);
  add_output(*app.add_subcommand("settings", "Print the table of settings"), arguments);
  add_output(*app.add_subcommand("version", "Print the version"), arguments);
  add_footers(app);
}

InputRequest with_templates(InputRequest input) {
  input.templates = true;
  return input;
}

int adopt(const Settings& settings, const AdoptRequest& request, Output output) {
  if (request.apply) return apply_adoption(settings, request, output);
  return request.undo ? undo_adoption(settings, request, output) : plan_adoption(settings, request, output);
}

int run_verb(std::string_view verb, const Arguments& arguments) {
  if (verb == "version") return version(arguments.output);
  if (verb == "settings") return list_settings(arguments.output);
  if (verb == "certs") return generate_certificates(arguments.certificates);
  if (verb == "completion") {
    print(arguments.completion);
    return kOk;
  }
  const Settings settings = load_settings(arguments.flags, from_environment, arguments.config);
  if (verb == "decide") return decide(settings, arguments.input, arguments.output);
  if (verb == "render") return render(settings, arguments.render, arguments.output);
  if (verb == "why") return why(settings, arguments.pvc, arguments.output);
  if (verb == "audit") return audit(settings, with_templates(arguments.input), arguments.output);
  if (verb == "plan")
    return plan(settings, {with_templates(arguments.input), arguments.require_claimed}, arguments.output);
  if (verb == "doctor") return doctor(settings, arguments.output);
  if (verb == "adopt") return adopt(settings, arguments.adopt, arguments.output);
  if (verb == "snapshots") return snapshots(settings, arguments.pvc, arguments.output);
  if (verb == "backup") return backup(settings, arguments.sources, arguments.output);
  if (verb == "drill") return drill(settings, arguments.sources, arguments.output);
  if (verb == "pause") return pause(settings, arguments.sources, arguments.output);
  if (verb == "resume") return resume(settings, arguments.sources, arguments.output);
  if (verb == "repository-id") return repository_id(settings, arguments.output);
  return serve(settings);
}

/// Of a first word that is no verb; empty: it may be one.
std::string unknown_verb(const CLI::App& app, std::string_view word) {
  constexpr std::size_t kLongest = 32;
  constexpr std::size_t kFar = 2;
  if (word.empty() || word.starts_with('-')) return {};
  std::string nearest;
  std::size_t least = kFar + 1;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (verb->get_name() == word) return {};
    const std::size_t far = word.size() > kLongest ? least : core::edit_distance(word, verb->get_name());
    if (far < least) nearest = verb->get_name();
    least = std::min(least, far);
  }
  const std::string shown = base::printable(word, kLongest);
  return nearest.empty() ? fmt::format("there is no command {:?}; `holdfast --help` lists them", shown)
                         : fmt::format("there is no command {:?}; did you mean `holdfast {}`?", shown, nearest);
}

/// The verb that was given, or the exit code where there is none to carry out. The parser, with half a megabyte of
/// options and their help, is gone when the verb begins.
std::variant<std::string, int> read_command_line(int argc, char** argv, Arguments& arguments) {
  CLI::App app("holdfast: a PVC that ever had a backup never silently comes back empty");
  app.set_version_flag("--version", "holdfast " HOLDFAST_VERSION);
  app.require_subcommand(1);
  add_verbs(app, arguments);
  if (const std::string problem = argc > 1 ? unknown_verb(app, argv[1]) : ""; !problem.empty()) {
    throw SettingsError(problem);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kUsage;
  }
  const std::string verb = app.get_subcommands().front()->get_name();
  if (verb == "completion") arguments.completion = completion_script(app, arguments.shell);
  return verb;
}

int dispatch(int argc, char** argv) {
  Arguments arguments;
  const auto read = read_command_line(argc, argv, arguments);
  if (const int* code = std::get_if<int>(&read)) return *code;
  return run_verb(std::get<std::string>(read), arguments);
}

int fail(const std::exception& e, int code) {
  fmt::print(stderr, "holdfast: {}\n", e.what());
  return code;
}

}  // namespace

int run(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (const SettingsError& e) {
    return fail(e, kUsage);
  } catch (const FileError& e) {
    return fail(e, kUsage);
  } catch (const std::exception& e) {
    return fail(e, kCannotTell);
  }
}

}  // namespace holdfast::cli
