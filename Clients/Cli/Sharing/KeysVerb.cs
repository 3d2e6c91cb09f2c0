using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Sharing;

/// <summary>cu keys: lists the keys that one's own key may see, makes others, and revokes them.</summary>
internal static class KeysVerb
{
    private const string Page = "console/#/keys";

    private static readonly string[] DefaultRights = ["upload", "read", "delete", "list"];

    public static Command Create()
    {
        var all = new Option<bool>("--all") { Description = "Those that have ended, too." };
        var command = new Command("keys", "List, make and revoke keys for programs") { all };
        command.SetAction((parse, stop) => RunAsync(parse, async (output, client, target) =>
        {
            await foreach (var key in client.ListKeysAsync(stop))
            {
                if (parse.GetValue(all) || StateOf(key) == "valid")
                    output.Result(Line(key, target), Fields(key, target));
            }
        }));

        var name = new Argument<string>("NAME") { Description = "The key's purpose." };
        var rights = new Option<string[]>("--right")
        {
            Description = "What it may do: upload, read, delete, list and others; those four if left out. At most what your key may do.",
            AllowMultipleArgumentsPerToken = true,
        };
        var days = new Option<int?>("--days") { Description = "How long it is valid; until it is revoked if left out." };
        var tenant = new Option<bool>("--of-tenant") { Description = "A key that acts as itself and not as you; for administrators." };
        var add = new Command("add", "Make a key, and print it: the service does not show it again") { name, rights, days, tenant };
        add.SetAction((parse, stop) => RunAsync(parse, async (output, client, target) =>
        {
            var (key, secret) = await client.AddKeyAsync(
                new NewKey
                {
                    Name = parse.GetValue(name)!,
                    Rights = parse.GetValue(rights) is { Length: > 0 } some ? some : DefaultRights,
                    Days = parse.GetValue(days),
                    IsOfTenant = parse.GetValue(tenant),
                },
                stop);
            var fields = Fields(key, target);
            fields.Insert(0, "ok", true);
            fields.Insert(1, "secret", secret);
            output.Result(secret, fields);
            output.Note(
                $"{Line(key, target)}\nIt is shown only now, and ends with the key that made it. To revoke it: cu keys remove {key.Id}");
        }));
        command.Add(add);

        var ids = new Argument<string[]>("ID") { Description = "The ids, as cu keys shows them.", Arity = ArgumentArity.OneOrMore };
        var remove = new Command("remove", "Revoke keys at once, with the keys and links that they have made") { ids };
        remove.SetAction((parse, stop) => RunAsync(parse, async (output, client, _) =>
        {
            foreach (var id in parse.GetValue(ids)!)
            {
                await client.RevokeKeyAsync(id, stop);
                output.Result($"The key {id} is revoked", new JsonObject { ["ok"] = true, ["id"] = id });
            }
        }));
        command.Add(remove);
        return command;
    }

    /// <summary>The key with which a secret was made, if exactly one is seen.</summary>
    public static async Task<ServiceKey?> FindAsync(ChunkUploadClient client, string secret, CancellationToken stop)
    {
        ServiceKey? found = null;
        await foreach (var key in client.ListKeysAsync(stop))
        {
            if (!Is(key, secret) || key.RevokedAt is not null)
                continue;
            if (found is not null)
                return null;
            found = key;
        }

        return found;
    }

    private static Task<int> RunAsync(ParseResult parse, Func<Output, ChunkUploadClient, Target, Task> verb) =>
        Output.RunAsync(parse, async output =>
        {
            var target = Target.Of(parse);
            using var client = target.Client();
            try
            {
                await verb(output, client, target);
                return ExitCodes.Done;
            }
            catch (TransferException failure) when (failure.Status == 403)
            {
                var page = $"{target.Url.AbsoluteUri.TrimEnd('/')}/{Page}";
                output.Note($"What this key may not do, you may in the console, where you are signed in: {page}");
                throw;
            }
        });

    private static bool Is(ServiceKey key, string? secret) =>
        key.Prefix.Length > 0 && secret?.StartsWith(key.Prefix, StringComparison.Ordinal) == true;

    private static string StateOf(ServiceKey key) =>
        key.RevokedAt is not null ? "revoked" : key.ExpiresAt < TimeProvider.System.GetUtcNow() ? "expired" : "valid";

    private static string Line(ServiceKey key, Target target)
    {
        var ends = key.ExpiresAt is { } end
            ? string.Create(CultureInfo.InvariantCulture, $"until {end.ToLocalTime():yyyy-MM-dd}")
            : "no end";
        var state = StateOf(key) == "valid" ? ends : StateOf(key);
        var used = key.UsedAt is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"used {at.ToLocalTime():yyyy-MM-dd}")
            : "never used";
        var own = Is(key, target.Key) ? "  (this one)" : "";
        return $"{key.Id}  {key.Prefix,-12}  {state,-16}  {used,-15}  {Output.Printable(key.Name)}: "
            + $"{string.Join(' ', key.Scopes)}{own}";
    }

    private static JsonObject Fields(ServiceKey key, Target target) => new()
    {
        ["id"] = key.Id,
        ["name"] = key.Name,
        ["kind"] = key.Kind,
        ["prefix"] = key.Prefix,
        ["rights"] = new JsonArray([.. key.Scopes.Select(scope => JsonValue.Create(scope))]),
        ["state"] = StateOf(key),
        ["createdAt"] = Time(key.CreatedAt),
        ["expiresAt"] = Time(key.ExpiresAt),
        ["usedAt"] = Time(key.UsedAt),
        ["revokedAt"] = Time(key.RevokedAt),
        ["isThis"] = Is(key, target.Key),
    };

    private static string? Time(DateTimeOffset? time) => time?.ToString("O", CultureInfo.InvariantCulture);
}
