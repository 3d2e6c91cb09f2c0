using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Limits;
using ChunkUpload.Api.People;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Cli;

/// <summary>limits show, set.</summary>
internal sealed class LimitVerbs(IServiceProvider services, AdminCommand command)
{
    private const string NoLimit = "none";

    private readonly ILimitLedger _limits = services.GetRequiredService<ILimitLedger>();
    private readonly IPeopleLedger _people = services.GetRequiredService<IPeopleLedger>();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var rows = await _limits.AllAsync(cancellationToken);
        if (command.Action.Name == "show")
        {
            AdminVerbs.Write(
                ["OF", "LIMIT", "VALUE"],
                rows.OrderBy(row => row.Key.ToString(), StringComparer.Ordinal).SelectMany(row => Cells(row.Key, row.Value)));
            return;
        }

        var (name, value) = (command.Arguments[1], command.Arguments[2]);
        var (target, counts) = await FindAsync(command.Arguments[0], cancellationToken);
        var values = Change(rows.GetValueOrDefault(target) ?? new LimitValues(), name, value).ToValues();
        if (LimitRules.Faults(values, target, counts, null).Values.FirstOrDefault() is [var fault, ..])
            throw new StartRefusedException(fault);
        if (values == new LimitValues())
            await _limits.RemoveAsync(target, cancellationToken);
        else
            await _limits.SetAsync(target, values, cancellationToken);
        await AdminVerbs.SayAsync($"{target}: {name} is {value}. A running service follows within two seconds.");
    }

    private static IEnumerable<string[]> Cells(LimitTarget target, LimitValues values) =>
        JsonSerializer.SerializeToNode(LimitsBody.Of(values), ApiJson.Out.LimitsBody)!.AsObject()
            .Where(field => field.Value is not null)
            .Select(field => new[]
            {
                target.ToString(),
                field.Key,
                field.Value is JsonValue plain && plain.TryGetValue<string>(out var text) ? text : field.Value!.ToJsonString(),
            });

    /// <exception cref="StartRefusedException">There is no such limit, or it cannot have this value.</exception>
    private static LimitsBody Change(LimitValues values, string name, string value)
    {
        var fields = JsonSerializer.SerializeToNode(LimitsBody.Of(values), ApiJson.Out.LimitsBody)!.AsObject();
        if (!fields.ContainsKey(name))
        {
            throw new StartRefusedException(
                $"There is no limit called {name}; there are {string.Join(", ", fields.Select(field => field.Key))}.");
        }

        try
        {
            fields[name] = value == NoLimit ? null
                : LimitNames.All.Contains(name) ? Number(name, value)
                : name is "types" or "names" ? new JsonArray([.. value.Split(',').Select(item => JsonValue.Create(item.Trim()))])
                : name == "metadata" ? JsonNode.Parse(value)
                : JsonValue.Create(value);
            var changed = fields.Deserialize(ApiJson.In.LimitsBody)!;
            return new LimitsValidator().Validate(changed) is { IsValid: false } invalid
                ? throw new StartRefusedException(invalid.Errors[0].ErrorMessage)
                : changed;
        }
        catch (JsonException)
        {
            throw new StartRefusedException("metadata needs JSON such as [{\"key\":\"project\",\"required\":true}].");
        }
    }

    private static JsonValue Number(string name, string value) =>
        SettingText.TryParse(typeof(long), value, out var number, out _)
            ? JsonValue.Create((long)number!)
            : throw new StartRefusedException($"{name} needs a number, a size such as 10GiB, or {NoLimit}.");

    /// <returns>Also whether stored bytes, files and open uploads are counted for it.</returns>
    private async Task<(LimitTarget Target, bool Counts)> FindAsync(string text, CancellationToken cancellationToken)
    {
        var tenant = command.Option("--tenant") ?? Caller.DefaultTenant;
        switch (text.Split(':', 2))
        {
            case ["service"]:
                return (LimitTarget.Service, false);
            case ["default", var kind] when LimitScopes.Parse(kind) is { } scope and not (LimitScope.Default or LimitScope.Service):
                return (LimitTarget.DefaultOf(scope), false);
            case ["tenant", var name]:
                await AdminVerbs.FindTenantAsync(_people, name, cancellationToken);
                return (LimitTarget.OfTenant(name), true);
            case ["user", var name]:
                await AdminVerbs.FindTenantAsync(_people, tenant, cancellationToken);
                var user = await AdminVerbs.FindUserAsync(_people, name, cancellationToken);
                return (LimitTarget.OfSubject(tenant, user.Subject)!, true);
            case ["key", var id]:
                return PeopleRoutes.TryReadId(id, out var key)
                    && await _people.FindKeyAsync(null, key, cancellationToken) is { } found
                    ? (LimitTarget.OfSubject(found.Tenant, Caller.KeySubject(key))!, found.User is null)
                    : throw new StartRefusedException($"There is no key with the id {id}; keys list shows them.");
            default:
                throw new StartRefusedException(
                    "Limits are of service, tenant:NAME, user:NAME, key:ID, or default:tenant, default:user, default:key, default:address "
                    + "and default:upload.");
        }
    }
}
