#include "holdfast/cli/run.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "src/cli/commands.hpp"
#include "src/cli/files.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

/// What the command line says, before it means anything.
struct Arguments {
  Flags flags;
  std::string config;
  std::string file;
  Output output = Output::Text;
  CertificateRequest certificates;
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
                              ->group("")  // the footer has the whole table
                              ->allow_extra_args(false);
    // A bare --allow-cached-mount means true.
    if (setting.value == "true|false") option->expected(0, 1)->default_str("true");
  }
  verb.footer(settings_help());
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
  return generate;
}

int dispatch(int argc, char** argv) {
  CLI::App app("holdfast: a PVC that ever had a backup never silently comes back empty");
  app.set_version_flag("--version", "holdfast " HOLDFAST_VERSION);
  app.require_subcommand(1);
  Arguments arguments;

  CLI::App* serve_verb = app.add_subcommand("serve", "Answer admission reviews and serve metrics");
  add_settings(*serve_verb, arguments);
  CLI::App* decide_verb =
      app.add_subcommand("decide", "Say what mode enforce would do with the PVCs in a file, were they created now");
  decide_verb->add_option("-f,--filename", arguments.file, "YAML or JSON, one or many documents; - is standard input")
      ->required()
      ->type_name("FILE");
  add_output(*decide_verb, arguments);
  add_settings(*decide_verb, arguments);
  CLI::App* id_verb = app.add_subcommand("repository-id", "Print the identity of the repository, to pin it");
  add_output(*id_verb, arguments);
  add_settings(*id_verb, arguments);
  CLI::App* generate_verb = add_certs(app, arguments);
  CLI::App* version_verb = app.add_subcommand("version", "Print the version");
  add_output(*version_verb, arguments);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kUsage;
  }
  if (version_verb->parsed()) return version(arguments.output);
  if (generate_verb->parsed()) return generate_certificates(arguments.certificates);
  const Settings settings = load_settings(arguments.flags, from_environment, arguments.config);
  if (decide_verb->parsed()) return decide(settings, arguments.file, arguments.output);
  if (id_verb->parsed()) return repository_id(settings, arguments.output);
  return serve(settings);
}

}  // namespace

int run(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (const SettingsError& e) {
    fmt::print(stderr, "holdfast: {}\n", e.what());
    return kUsage;
  } catch (const FileError& e) {
    fmt::print(stderr, "holdfast: {}\n", e.what());
    return kUsage;
  } catch (const std::exception& e) {
    fmt::print(stderr, "holdfast: {}\n", e.what());
    return kCannotTell;
  }
}

}  // namespace holdfast::cli
