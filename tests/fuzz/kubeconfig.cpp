#include "holdfast/json/kubeconfig.hpp"

#include "holdfast/kube/base64.hpp"
#include "src/kube/auth/exec_credential.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

void check_file(std::string_view text) {
  const auto read = json::read_kubeconfig(text);
  if (const auto* fault = std::get_if<json::KubeconfigFault>(&read)) return fuzz::require_message(fault->problem);
  for (const auto& user : std::get<json::Kubeconfig>(read).users) {
    const auto key = kube::decode_base64(user.client_key_data);
    fuzz::require(!key || key->size() <= user.client_key_data.size(), "what is decoded is not longer");
  }
}

void check_credential(std::string_view text) {
  const auto read = kube::read_exec_credential(text, "client.authentication.k8s.io/v1");
  if (const auto* problem = std::get_if<kube::ExecProblem>(&read)) return fuzz::require_message(problem->text);
  const auto& credential = std::get<kube::ExecCredential>(read);
  fuzz::require(credential.cert_pem.empty() == credential.key_pem.empty(), "a certificate comes with its key");
  fuzz::require(!credential.token.empty() || !credential.cert_pem.empty(), "a credential proves something");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  check_file(input.text());
  check_credential(input.text());
  return 0;
}
