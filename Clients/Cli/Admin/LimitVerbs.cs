using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Admin;

/// <summary>cu admin limits: shows and sets the limits of the service, of tenants, users and keys, and the defaults.</summary>
internal static class LimitVerbs
{
    private const string NoLimit = "none";
    private const int IdDigits = 32;

    private static readonly string[] Defaults = ["tenant", "user", "key", "session", "address", "upload"];

    // As in /api/limits.
    private static readonly string[] Numbers =
    [
        "maxFileSize", "storedBytes", "files", "openUploads", "receivedPerDay", "sentPerDay", "requestsPerMinute", "creationsPerMinute",
        "requestsAtOnce",
    ];

    private static readonly string[] Texts = ["receiveBandwidth", "sendBandwidth"];
    private static readonly string[] Lists = ["types", "names"];
    private const string Metadata = "metadata";
    private const string Targets = "service, tenant:NAME, user:NAME, key:ID, or default:user and the like";

    private static IEnumerable<string> DefaultTargets => Defaults.Select(one => $"default:{one}");

    private static IEnumerable<string> All => [.. Numbers, .. Texts, .. Lists, Metadata];

    public static Command Create()
    {
        var tenant = new Option<string?>("--tenant")
        {
            Description = "The tenant of the user or key, for operators; that of your own key if left out.",
            Recursive = true,
        };
        var targets = new Argument<string[]>("TARGET")
        {
            Description = $"{Targets}. The service and all defaults if left out.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("limits", "Show limits, or set one") { targets, tenant };
        command.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            string[] asked = parse.GetValue(targets) is { Length: > 0 } some ? some : ["service", .. DefaultTargets];
            foreach (var target in asked)
            {
                var row = await calls.GetAsync(await PathAsync(calls, target, parse.GetValue(tenant), stop), stop);
                output.Result(Lines(target, row), row);
            }
        }));

        var which = new Argument<string>("TARGET") { Description = $"{Targets}." };
        var limit = new Argument<string>("LIMIT") { Description = $"One of {string.Join(", ", All)}." };
        var value = new Argument<string>("VALUE")
        {
            Description = "A number, a size such as 10GiB, a bandwidth such as 2M or a timetable, a list with commas; none for no limit.",
        };
        var set = new Command("set", "Set one limit, and leave the others as they are") { which, limit, value };
        set.SetAction((parse, stop) => ApiCalls.RunAsync(parse, async (output, calls) =>
        {
            var (target, name) = (parse.GetValue(which)!, parse.GetValue(limit)!);
            var given = Value(name, parse.GetValue(value)!);
            var path = await PathAsync(calls, target, parse.GetValue(tenant), stop);
            var limits = (await calls.GetAsync(path, stop))["limits"] as JsonObject ?? [];
            var body = new JsonObject();
            foreach (var (field, old) in limits)
            {
                if (old is not null && field != name)
                    body[field] = old.DeepClone();
            }

            if (given is not null)
                body[name] = given;
            var row = await calls.SendAsync(HttpMethod.Put, path, body, stop);
            output.Result($"{target}: {name} is {parse.GetValue(value)}, within two seconds", row);
        }));
        command.Add(set);
        return command;
    }

    private static JsonNode? Value(string name, string text)
    {
        if (!All.Contains(name))
            throw new UsageException($"There is no limit called {name}; there are {string.Join(", ", All)}.");
        if (text == NoLimit)
            return null;
        if (Numbers.Contains(name))
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : Figures.ParseBytes(text);
        if (Texts.Contains(name))
            return text;
        if (Lists.Contains(name))
            return new JsonArray([.. text.Split(',').Select(item => (JsonNode)item.Trim())]);
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            throw new UsageException("metadata needs JSON such as [{\"key\":\"project\",\"required\":true}].");
        }
    }

    private static async Task<string> PathAsync(ApiCalls calls, string target, string? tenant, CancellationToken stop)
    {
        var query = tenant is null ? "" : $"?tenant={Uri.EscapeDataString(tenant)}";
        switch (target.Split(':', 2))
        {
            case ["service"]:
                return "api/limits/service/all";
            case ["default", var kind] when Defaults.Contains(kind):
                return $"api/limits/default/{kind}";
            case ["tenant", { Length: > 0 } name]:
                return $"api/limits/tenant/{Uri.EscapeDataString(name)}";
            case ["key", { Length: > 0 } id]:
                return $"api/limits/key/{Uri.EscapeDataString(id)}{query}";
            case ["user", { Length: IdDigits } id] when id.All(char.IsAsciiHexDigitLower):
                return $"api/limits/user/{id}{query}";
            case ["user", { Length: > 0 } name]:
                await foreach (var user in calls.ListAsync($"api/users{query}", stop))
                {
                    if (string.Equals(ApiCalls.Text(user["name"]), name, StringComparison.OrdinalIgnoreCase))
                        return $"api/limits/user/{ApiCalls.Text(user["id"])}{query}";
                }

                throw new TransferException(TransferFailure.NotFound, $"You see no user called {name}.");
            default:
                throw new UsageException(
                    $"Limits are of service, tenant:NAME, user:NAME, key:ID, or {string.Join(", ", DefaultTargets)}.");
        }
    }

    private static string Lines(string target, JsonObject row)
    {
        var set = (row["limits"] as JsonObject ?? []).Where(field => field.Value is not null).ToList();
        return set.Count == 0
            ? $"{target,-24}  no limits"
            : string.Join('\n', set.Select(field => $"{target,-24}  {field.Key,-18}  {ApiCalls.Cell(field.Value)}"));
    }
}
