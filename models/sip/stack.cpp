// SPDX-License-Identifier: GPL-2.0-or-later
#include "stack.hpp"

#include <algorithm>
#include <utility>

namespace models::sip {

namespace {

constexpr std::string_view magic_cookie = "z9hG4bK";  // RFC 3261 8.1.1.7

std::string server_key(const Via& via, std::string_view method) {
    // RFC 3261 17.2.3: branch, sent-by and method; an ACK belongs to its INVITE.
    return via.branch() + '/' + via.host + ':' + std::to_string(via.port) + '/' +
           std::string{method == "ACK" ? std::string_view{"INVITE"} : method};
}

std::string accepted_key(const Message& message) {
    return std::string{message.call_id()} + '/' + std::to_string(message.cseq);
}

/// Where responses go: RFC 3261 18.2.2 with RFC 3581, whose rport everybody here asks for.
void note_source(Message& request, const Target& from) {
    auto via = request.top_via();
    if (!via) {
        return;
    }
    bool rport = false;
    for (auto& [name, value] : via->parameters) {
        if (equal_ignoring_case(name, "rport")) {
            value = std::to_string(from.port);
            rport = true;
        }
    }
    if ((rport || via->host != from.address) &&
        find_parameter(via->parameters, "received") == nullptr) {
        via->parameters.emplace_back("received", from.address);
    }
    request.set("Via", to_string(*via));
}

}  // namespace

struct Stack::Client {
    enum class State : std::uint8_t { trying, proceeding, completed, accepted };
    std::string key;
    std::string bytes;
    Message request;
    Target to;
    Handler handler;
    Options options;
    State state = State::trying;
    bool invite = false;
    bool cancel_wanted = false;
    std::string ack;  ///< for retransmissions of the final response
    Target ack_to;
};

struct Stack::Server {
    enum class State : std::uint8_t { proceeding, completed, confirmed, accepted };
    std::string key;
    std::string accepted_key;
    Target from;
    std::string response;  ///< the last one
    State state = State::proceeding;
    bool invite = false;
};

Stack::Stack(Hooks hooks, Timers timers)
    : m_hooks(std::move(hooks)), m_timers(timers), m_self(std::make_shared<Stack*>(this)) {}

Stack::~Stack() {
    *m_self = nullptr;
}

void Stack::later(Duration delay, std::function<void(Stack&)> f) {
    m_hooks.later(delay, [self = m_self, f = std::move(f)] {
        if (*self != nullptr) {
            f(**self);
        }
    });
}

void Stack::transmit(const Target& to, const std::string& bytes) {
    ++m_counters.sent;
    m_hooks.send(to, bytes);
}

Stack::Client* Stack::client(ClientId id) {
    const auto found = m_clients.find(static_cast<std::uint64_t>(id));
    return found == m_clients.end() ? nullptr : found->second.get();
}

Stack::Server* Stack::server(ServerId id) {
    const auto found = m_servers.find(static_cast<std::uint64_t>(id));
    return found == m_servers.end() ? nullptr : found->second.get();
}

// ---------------------------------------------------------------- client

ClientId Stack::request(Message message, const Target& to, Handler handler, Options options) {
    const ClientId id{++m_last};
    const std::string local = m_hooks.local_address(to);
    if (local.empty()) {
        later(Duration::zero(), [failed = std::move(handler.failed)](Stack&) {
            if (failed) {
                failed(Failure::transport);
            }
        });
        return id;
    }
    Via via;
    via.host = local;
    via.port = default_port;
    const std::string branch = std::string{magic_cookie} + m_hooks.token();
    via.parameters = {{"branch", branch}, {"rport", ""}};
    message.headers.insert(message.headers.begin(), {"Via", to_string(via)});

    auto made = std::make_unique<Client>();
    made->invite = message.method == Method::invite;
    made->key = branch + '/' + message.method_name;
    made->bytes = serialise(message);
    made->to = to;
    made->handler = std::move(handler);
    made->options = options;
    if (made->invite) {
        made->request = std::move(message);  // CANCEL and ACK are made of it
    }
    if (made->options.timeout == Duration::zero()) {
        made->options.timeout = 64 * m_timers.t1;
    }
    m_client_keys.emplace(made->key, static_cast<std::uint64_t>(id));
    Client& client = *made;
    m_clients.emplace(static_cast<std::uint64_t>(id), std::move(made));
    later(client.options.timeout, [id](Stack& stack) {  // timers B and F
        const Client* waiting = stack.client(id);
        if (waiting != nullptr &&
            (waiting->state == Client::State::trying ||
             (!waiting->invite && waiting->state == Client::State::proceeding))) {
            stack.fail(id, Failure::timeout);
        }
    });
    if (client.options.retransmit) {
        retransmit_client(id, m_timers.t1);
    }
    transmit(to, std::string{client.bytes});
    return id;
}

void Stack::retransmit_client(ClientId id, Duration interval) {  // timers A and E
    later(interval, [id, interval](Stack& stack) {
        const Client* client = stack.client(id);
        if (client == nullptr || client->state == Client::State::completed ||
            client->state == Client::State::accepted ||
            (client->invite && client->state == Client::State::proceeding)) {
            return;
        }
        const Duration next = client->invite ? 2 * interval
                              : client->state == Client::State::proceeding
                                  ? stack.m_timers.t2
                                  : std::min(2 * interval, stack.m_timers.t2);
        stack.retransmit_client(id, next);
        ++stack.m_counters.retransmitted;
        stack.transmit(Target{client->to}, std::string{client->bytes});
    });
}

void Stack::fail(ClientId id, Failure why) {
    Client* const failed = client(id);
    if (failed == nullptr) {
        return;
    }
    m_counters.timed_out += why == Failure::timeout ? 1U : 0U;
    const Handler handler = std::move(failed->handler);
    end_client(id);
    if (handler.failed) {
        handler.failed(why);
    }
}

void Stack::end_client(ClientId id) {
    if (const Client* const ended = client(id); ended != nullptr) {
        m_client_keys.erase(ended->key);
        m_clients.erase(static_cast<std::uint64_t>(id));
    }
}

void Stack::forget(ClientId id) {
    if (Client* const forgotten = client(id); forgotten != nullptr) {
        forgotten->handler = {};
    }
}

void Stack::cancel(ClientId id) {
    Client* const invite = client(id);
    if (invite == nullptr || !invite->invite || invite->state == Client::State::completed ||
        invite->state == Client::State::accepted) {
        return;
    }
    if (invite->state == Client::State::trying) {
        invite->cancel_wanted = true;  // RFC 3261 9.1: not before a provisional response
        return;
    }
    // Same branch, so its own transaction is keyed by method; no Via is added.
    Message cancel;
    cancel.method = Method::cancel;
    cancel.method_name = "CANCEL";
    cancel.request_uri = invite->request.request_uri;
    for (const Header& header : invite->request.headers) {
        if (header.name == "Via" || header.name == "From" || header.name == "To" ||
            header.name == "Call-ID" || header.name == "Max-Forwards") {
            cancel.headers.push_back(header);
        }
    }
    cancel.add("CSeq", std::to_string(invite->request.cseq) + " CANCEL");
    transmit(Target{invite->to}, serialise(cancel));
    // RFC 3261 9.1: when the INVITE is not answered 64 T1 later, it counts as cancelled.
    later(64 * m_timers.t1, [id](Stack& stack) {
        const Client* open = stack.client(id);
        if (open != nullptr && open->state == Client::State::proceeding) {
            stack.fail(id, Failure::timeout);
        }
    });
}

void Stack::acknowledge(ClientId id, Message ack, const Target& to) {
    const std::string local = m_hooks.local_address(to);
    if (local.empty()) {
        return;
    }
    Via via;
    via.host = local;
    via.port = default_port;
    via.parameters = {{"branch", std::string{magic_cookie} + m_hooks.token()}, {"rport", ""}};
    ack.headers.insert(ack.headers.begin(), {"Via", to_string(via)});
    const std::string bytes = serialise(ack);
    if (Client* const invite = client(id); invite != nullptr) {
        invite->ack = bytes;
        invite->ack_to = to;
    }
    transmit(to, bytes);
}

/// RFC 3261 17.1.1.3: same branch, same request URI, To of the response.
void Stack::acknowledge_failure(Client& client, const Message& response) {
    Message ack;
    ack.method = Method::ack;
    ack.method_name = "ACK";
    ack.request_uri = client.request.request_uri;
    for (const Header& header : client.request.headers) {
        if (header.name == "Via" || header.name == "From" || header.name == "Call-ID" ||
            header.name == "Max-Forwards") {
            ack.headers.push_back(header);
        } else if (header.name == "To") {
            ack.headers.push_back({"To", std::string{response.header("To")}});
        }
    }
    ack.add("CSeq", std::to_string(client.request.cseq) + " ACK");
    client.ack = serialise(ack);
    client.ack_to = client.to;
    transmit(Target{client.ack_to}, std::string{client.ack});
}

void Stack::on_response(Message response, const Target&) {
    const auto via = response.top_via();
    if (!via) {
        return;
    }
    const auto found = m_client_keys.find(via->branch() + '/' + response.method_name);
    if (found == m_client_keys.end()) {
        return;  // of a transaction that is over
    }
    const ClientId id{found->second};
    Client& client = *m_clients.at(found->second);
    if (client.state == Client::State::completed || client.state == Client::State::accepted) {
        if (!client.ack.empty() && response.status >= 200) {
            transmit(Target{client.ack_to}, std::string{client.ack});
        }
        return;
    }
    if (response.status < 200) {
        client.state = Client::State::proceeding;
        if (std::exchange(client.cancel_wanted, false)) {
            cancel(id);
        }
        if (client.handler.response) {
            const auto told = client.handler.response;
            told(response);
        }
        return;
    }
    Duration linger{};
    if (!client.invite) {
        client.state = Client::State::completed;
        linger = m_timers.t4;  // timer K
    } else if (response.status < 300) {
        client.state = Client::State::accepted;
        linger = 64 * m_timers.t1;  // timer M
    } else {
        client.state = Client::State::completed;
        linger = 64 * m_timers.t1;  // timer D: more than 32 s over UDP
        acknowledge_failure(client, response);
    }
    client.bytes.clear();
    later(linger, [id](Stack& stack) { stack.end_client(id); });
    const Handler handler = std::move(client.handler);
    client.handler = {};
    if (handler.response) {
        handler.response(response);
    }
}

void Stack::unreachable(const Target& to) {
    std::vector<ClientId> hit;
    for (const auto& [number, client] : m_clients) {
        if (client->to == to && client->state == Client::State::trying) {
            hit.push_back(ClientId{number});
        }
    }
    for (const ClientId id : hit) {
        fail(id, Failure::transport);
    }
}

// ---------------------------------------------------------------- server

void Stack::on_request(Message request, const Target& from) {
    const auto via = request.top_via();
    if (!via) {
        return;
    }
    const std::string key = server_key(*via, request.method_name);
    const auto found = m_server_keys.find(key);
    if (request.method == Method::ack) {
        if (found != m_server_keys.end()) {
            Server& invite = *m_servers.at(found->second);
            if (invite.state == Server::State::completed) {
                invite.state = Server::State::confirmed;
                later(m_timers.t4, [id = ServerId{found->second}](Stack& stack) {  // timer I
                    stack.end_server(id);
                });
                return;
            }
            if (invite.state == Server::State::confirmed) {
                return;
            }
        }
        if (const auto waiting = m_accepted.find(accepted_key(request));
            waiting != m_accepted.end()) {
            m_accepted.erase(waiting);
            if (m_hooks.ack) {
                m_hooks.ack(request, from);
            }
        }
        return;
    }
    if (found != m_server_keys.end()) {
        const Server& known = *m_servers.at(found->second);
        if (!known.response.empty() && known.state != Server::State::accepted) {
            ++m_counters.retransmitted;
            transmit(Target{known.from}, std::string{known.response});
        }
        return;
    }
    const ServerId id{++m_last};
    auto made = std::make_unique<Server>();
    made->key = key;
    made->from = from;
    made->invite = request.method == Method::invite;
    made->accepted_key = made->invite ? accepted_key(request) : std::string{};
    m_server_keys.emplace(key, static_cast<std::uint64_t>(id));
    m_servers.emplace(static_cast<std::uint64_t>(id), std::move(made));
    note_source(request, from);
    ServerId cancelled = ServerId::none;
    if (request.method == Method::cancel) {
        if (const auto invite = m_server_keys.find(server_key(*via, "INVITE"));
            invite != m_server_keys.end()) {
            cancelled = ServerId{invite->second};
        }
    }
    m_hooks.request(id, request, from, cancelled);
}

void Stack::respond(ServerId id, const Message& response) {
    Server* const answering = server(id);
    if (answering == nullptr || answering->state != Server::State::proceeding) {
        return;
    }
    answering->response = serialise(response);
    if (response.status >= 200) {
        if (answering->invite && response.status < 300) {
            answering->state = Server::State::accepted;
            m_accepted[answering->accepted_key] = static_cast<std::uint64_t>(id);
            retransmit_server(id, m_timers.t1);
        } else if (answering->invite) {
            answering->state = Server::State::completed;
            retransmit_server(id, m_timers.t1);
        } else {
            answering->state = Server::State::completed;
        }
        // timers H, J, L
        later(64 * m_timers.t1, [id](Stack& stack) {
            const Server* open = stack.server(id);
            if (open != nullptr && open->state != Server::State::confirmed) {
                stack.end_server(id);
            }
        });
    }
    transmit(Target{answering->from}, std::string{answering->response});
}

/// Timer G, and the retransmission of a 2xx until its ACK comes (RFC 3261 13.3.1.4).
void Stack::retransmit_server(ServerId id, Duration interval) {
    later(interval, [id, interval](Stack& stack) {
        const Server* server = stack.server(id);
        if (server == nullptr) {
            return;
        }
        const bool waits_for_ack = server->state == Server::State::accepted &&
                                   stack.m_accepted.contains(server->accepted_key);
        if (server->state != Server::State::completed && !waits_for_ack) {
            return;
        }
        stack.retransmit_server(id, std::min(2 * interval, stack.m_timers.t2));
        ++stack.m_counters.retransmitted;
        stack.transmit(Target{server->from}, std::string{server->response});
    });
}

bool Stack::answered(ServerId id) const {
    const auto found = m_servers.find(static_cast<std::uint64_t>(id));
    return found == m_servers.end() || found->second->state != Server::State::proceeding;
}

void Stack::end_server(ServerId id) {
    if (const Server* const ended = server(id); ended != nullptr) {
        if (const auto waiting = m_accepted.find(ended->accepted_key);
            waiting != m_accepted.end() && waiting->second == static_cast<std::uint64_t>(id)) {
            m_accepted.erase(waiting);
        }
        m_server_keys.erase(ended->key);
        m_servers.erase(static_cast<std::uint64_t>(id));
    }
}

// ---------------------------------------------------------------- wire

void Stack::receive(std::string_view datagram, const Target& from) {
    auto message = parse(datagram);
    if (!message) {
        ++m_counters.malformed;
        return;
    }
    ++m_counters.received;
    if (message->is_request()) {
        on_request(std::move(*message), from);
    } else {
        on_response(std::move(*message), from);
    }
}

}  // namespace models::sip
