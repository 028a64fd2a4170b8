// SPDX-License-Identifier: BSD-3-Clause
// CLIENT TRACKING and its kin: a client is told when keys change of which it keeps copies.
#include "commands/tracking.h"

#include <algorithm>

#include "client/tracking.h"
#include "platform/text.h"

namespace rota {
namespace {

bool overlap(Slice a, Slice b) { return a.starts_with(b) || b.starts_with(a); }

std::string overlap_error(Slice prefix, const char* what, Slice other) {
    return "ERR Prefix '" + std::string(prefix) + "' overlaps with " + what + " prefix '" +
           std::string(other) + "'. Prefixes for a single client must not overlap.";
}

// False after having replied with an error.
bool parse_options(Ctx& ctx, ClientTracking& wanted) {
    for (size_t i = 3; i < ctx.argc(); ++i) {
        const bool more = i + 1 < ctx.argc();
        if (ctx.arg_is(i, "redirect") && more) {
            if (wanted.redirect != 0) {
                ctx.reply.error("ERR A client can only redirect to a single other client");
                return false;
            }
            const auto id = ctx.integer_arg(++i);
            if (!id) return false;
            if (*id <= 0 || ctx.parts.clients.find(static_cast<uint64_t>(*id)) == nullptr) {
                ctx.reply.error("ERR The client ID you want redirect to does not exist");
                return false;
            }
            wanted.redirect = static_cast<uint64_t>(*id);
        } else if (ctx.arg_is(i, "prefix") && more) {
            wanted.prefixes.emplace_back(ctx.arg(++i));
        } else if (ctx.arg_is(i, "bcast")) {
            wanted.broadcast = true;
        } else if (ctx.arg_is(i, "optin")) {
            wanted.opt_in = true;
        } else if (ctx.arg_is(i, "optout")) {
            wanted.opt_out = true;
        } else if (ctx.arg_is(i, "noloop")) {
            wanted.no_loop = true;
        } else {
            ctx.syntax_error();
            return false;
        }
    }
    return true;
}

// What its prefixes would do to each other, or ""; of two that would be told the same key twice.
std::string prefix_conflict(const ClientTracking* before, const std::vector<std::string>& wanted) {
    for (size_t i = 0; i < wanted.size(); ++i) {
        if (before != nullptr) {
            for (const std::string& other : before->prefixes) {
                if (overlap(wanted[i], other))
                    return overlap_error(wanted[i], "an existing", other);
            }
        }
        for (size_t j = i + 1; j < wanted.size(); ++j) {
            if (overlap(wanted[i], wanted[j]))
                return overlap_error(wanted[i], "another provided", wanted[j]);
        }
    }
    return {};
}

constexpr Slice kTurnOffFirst =
    " before disabling tracking for this client, and then re-enabling it with a different mode.";

// Why the client cannot have that; "": it can.
std::string refusal(const ClientTracking* before, const ClientTracking& wanted) {
    if (!wanted.prefixes.empty() && !wanted.broadcast)
        return "ERR PREFIX option requires BCAST mode to be enabled";
    if (before != nullptr && before->broadcast != wanted.broadcast)
        return "ERR You can't switch BCAST mode on/off" + std::string(kTurnOffFirst);
    if (wanted.broadcast && (wanted.opt_in || wanted.opt_out))
        return "ERR OPTIN and OPTOUT are not compatible with BCAST";
    if (wanted.opt_in && wanted.opt_out)
        return "ERR You can't specify both OPTIN mode and OPTOUT mode";
    if (before != nullptr &&
        ((wanted.opt_in && before->opt_out) || (wanted.opt_out && before->opt_in)))
        return "ERR You can't switch OPTIN/OPTOUT mode" + std::string(kTurnOffFirst);
    return wanted.broadcast ? prefix_conflict(before, wanted.prefixes) : "";
}

}  // namespace

void stop_tracking(Parts& parts, Client& client) {
    parts.tracking.disable(client);
    parts.effects.heed_changes(Effects::Heed::tracking, parts.tracking.any());
}

void cmd_client_tracking(Ctx& ctx) {
    ClientTracking wanted;
    if (!parse_options(ctx, wanted)) return;
    if (ctx.arg_is(2, "on")) {
        const std::string reason = refusal(ctx.client.tracking.get(), wanted);
        if (!reason.empty()) return ctx.reply.error(reason);
        // All keys have the empty prefix.
        if (wanted.broadcast && wanted.prefixes.empty()) wanted.prefixes.emplace_back();
        ctx.parts.tracking.enable(ctx.client, std::move(wanted));
        ctx.parts.effects.heed_changes(Effects::Heed::tracking, true);
    } else if (ctx.arg_is(2, "off")) {
        stop_tracking(ctx.parts, ctx.client);
    } else {
        return ctx.syntax_error();
    }
    ctx.reply.ok();
}

void cmd_client_caching(Ctx& ctx) {
    ClientTracking* tracking = ctx.client.tracking.get();
    if (tracking == nullptr)
        return ctx.reply.error(
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN "
            "or OPTOUT mode enabled");
    const bool yes = ctx.arg_is(2, "yes");
    if (!yes && !ctx.arg_is(2, "no")) return ctx.syntax_error();
    if (yes && !tracking->opt_in)
        return ctx.reply.error(
            "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    if (!yes && !tracking->opt_out)
        return ctx.reply.error(
            "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    tracking->caching_given = true;
    ctx.reply.ok();
}

void cmd_client_getredir(Ctx& ctx) {
    const ClientTracking* tracking = ctx.client.tracking.get();
    ctx.reply.integer(tracking == nullptr ? -1 : static_cast<int64_t>(tracking->redirect));
}

void cmd_client_trackinginfo(Ctx& ctx) {
    const ClientTracking* tracking = ctx.client.tracking.get();
    Reply& reply = ctx.reply;
    reply.map(3);
    reply.bulk("flags");
    const size_t begin = reply.begin();
    size_t count = 0;
    const auto flag = [&](bool set, Slice name) {
        if (!set) return;
        reply.bulk(name);
        ++count;
    };
    flag(tracking == nullptr, "off");
    if (tracking != nullptr) {
        flag(true, "on");
        flag(tracking->broadcast, "bcast");
        flag(tracking->opt_in, "optin");
        flag(tracking->opt_in && tracking->caching_given, "caching-yes");
        flag(tracking->opt_out, "optout");
        flag(tracking->opt_out && tracking->caching_given, "caching-no");
        flag(tracking->no_loop, "noloop");
        flag(tracking->redirect_broken, "broken_redirect");
    }
    reply.end_set(begin, count);
    reply.bulk("redirect");
    reply.integer(tracking == nullptr ? -1 : static_cast<int64_t>(tracking->redirect));
    reply.bulk("prefixes");
    const std::vector<std::string> none;
    const auto& prefixes = tracking == nullptr ? none : tracking->prefixes;
    reply.array(prefixes.size());
    for (const std::string& prefix : prefixes) reply.bulk(prefix);
}

}  // namespace rota
