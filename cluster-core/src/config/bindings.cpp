// SPDX-License-Identifier: GPL-2.0-or-later
// Which word of haresources is carried out by what. The one place that knows the built-in words.
#include "cluster/config.hpp"

namespace cluster {

namespace {

std::string script_call(const ResourceWord& word) {
    std::string call = "script " + word.script;
    for (const auto& argument : word.arguments) {
        call += ' ' + argument;
    }
    return call;
}

std::string networks(const BindingSettings& binding) {
    if (binding.networks.empty()) {
        return "source address of the group's networks";
    }
    std::string out = "source address of";
    for (const auto& network : binding.networks) {
        out += ' ' + network;
    }
    return out;
}

std::string address_detail(const ResourceWord& word) {
    const auto spec = word.arguments.empty() ? std::nullopt : parse_address_spec(word.arguments[0]);
    if (!spec) {
        return word.script + " without a usable address";
    }
    auto out = word.script + ' ' + spec->address;
    if (spec->prefix_length) {
        out += '/' + std::to_string(*spec->prefix_length);
    }
    out += " on " +
           (spec->interface.empty() ? std::string("the interface of its subnet") : spec->interface);
    if (!spec->label.empty()) {
        out += ", label " + spec->label;
    }
    return out;
}

void bind(const ResourceWord& word, const Settings& settings, Binding& out) {
    const auto bound = settings.bindings.find(word.script);
    // Not from understudy.json, whose reader refuses it: this is how the profile heartbeat-3.0.6
    // says that nothing is built in.
    const bool as_script =
        bound != settings.bindings.end() && bound->second.kind == BindingKind::script;
    if ((word.script == "IPaddr" || word.script == "IPaddr2") && !as_script) {
        out.kind = BindingKind::address;
        out.detail = address_detail(word);
        return;
    }
    if (word.script == "IPsrcaddr" && !as_script) {
        out.kind = BindingKind::source_address;
        out.detail = "source address " +
                     (word.arguments.empty() ? std::string("missing") : word.arguments[0]) +
                     " on the default route";
        return;
    }
    out.kind = bound == settings.bindings.end() ? BindingKind::script : bound->second.kind;
    switch (out.kind) {
    case BindingKind::bridge_switch:
        out.detail = "foneBRIDGE re-pointed (redfone.conf)";
        break;
    case BindingKind::source_fixup:
        out.detail = networks(bound->second);
        break;
    case BindingKind::systemd_unit:
        out.detail = "systemd unit " + bound->second.name;
        break;
    case BindingKind::ocf_agent:
        out.detail = "agent " + bound->second.name;
        break;
    // The reader of understudy.json refuses to bind a word to what only built-in words are.
    case BindingKind::address:
    case BindingKind::source_address:
    case BindingKind::script:
        out.kind = BindingKind::script;
        out.detail = script_call(word);
        break;
    }
}

}  // namespace

std::vector<Binding> resolve_bindings(const HaResources& resources, const Settings& settings) {
    std::vector<Binding> bindings;
    for (std::size_t g = 0; g < resources.groups.size(); ++g) {
        const auto& group = resources.groups[g];
        for (std::size_t i = 0; i < group.resources.size(); ++i) {
            Binding binding;
            binding.resource = {static_cast<GroupId>(g), static_cast<std::uint16_t>(i)};
            binding.word = group.resources[i].text;
            bind(group.resources[i], settings, binding);
            bindings.push_back(std::move(binding));
        }
    }
    return bindings;
}

}  // namespace cluster
