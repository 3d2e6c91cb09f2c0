using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.People;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>keys add, list, revoke, enable, rotate.</summary>
internal sealed class KeyVerbs(IServiceProvider services, AdminCommand command)
{
    private const int Page = 500;

    private readonly IPeopleLedger _people = services.GetRequiredService<IPeopleLedger>();
    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();

    private string Tenant => command.Option("--tenant") ?? Caller.DefaultTenant;

    public Task RunAsync(CancellationToken cancellationToken) => command.Action.Name switch
    {
        "add" => AddAsync(cancellationToken),
        "list" => ListAsync(cancellationToken),
        "revoke" => RevokeAsync(cancellationToken),
        "enable" => EnableAsync(cancellationToken),
        _ => RotateAsync(cancellationToken),
    };

    private async Task AddAsync(CancellationToken cancellationToken)
    {
        if (PersonText.TitleFault("NAME", command.Arguments[0]) is { } fault)
            throw new StartRefusedException(fault);
        if (command.Option("--scopes") is not { Length: > 0 } text || ScopeNames.Parse(text.Split(',')) is not { } scopes)
            throw new StartRefusedException($"--scopes must name some of {string.Join(",", ScopeNames.All)}, with commas between them.");
        DateTimeOffset? ends = null;
        if (command.Option("--days") is { } days)
        {
            ends = int.TryParse(days, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count is >= 1 and <= NewKeyValidator.MostDays
                ? _time.GetUtcNow().AddDays(count)
                : throw new StartRefusedException($"--days must be a whole number from 1 to {NewKeyValidator.MostDays}.");
        }

        await AdminVerbs.FindTenantAsync(services.GetRequiredService<IPeopleLedger>(), Tenant, cancellationToken);
        var user = await UserAsync(cancellationToken);
        if (user is not null && user.ScopesIn(Tenant) == Scopes.None)
            throw new StartRefusedException($"{user.Name} is disabled or does not belong to {Tenant}: name another tenant with --tenant=.");
        var (secret, shown) = KeySecret.New();
        var key = new ApiKey(
            Guid.NewGuid(), Tenant, user?.Id, command.Arguments[0], shown, scopes, Caller.Operator.Subject, _time.GetUtcNow(), ends, null,
            null);
        await _people.AddKeyAsync(key, KeySecret.Hash(secret), cancellationToken);
        await PrintAsync(key, secret);
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        await AdminVerbs.FindTenantAsync(services.GetRequiredService<IPeopleLedger>(), Tenant, cancellationToken);
        var user = await UserAsync(cancellationToken);
        var rows = new List<string[]>();
        Guid? after = null;
        while (await _people.ListKeysAsync(Tenant, user?.Id, after, Page, cancellationToken) is { Count: > 0 } page)
        {
            after = page[^1].Id;
            rows.AddRange(page.Select(key => new[]
            {
                key.Id.ToString("n"),
                key.Name,
                key.Prefix,
                string.Join(',', ScopeNames.Of(key.Scopes)),
                key.User is { } owner ? Caller.UserSubject(owner) : key.Tenant,
                StateOf(key),
                key.UsedAt is { } at ? $"{at:yyyy-MM-dd HH:mm}" : "never",
            }));
        }

        AdminVerbs.Write(["ID", "NAME", "BEGINS WITH", "SCOPES", "OF", "STATE", "USED (UTC)"], rows);
    }

    private string StateOf(ApiKey key) =>
        key.RevokedAt is not null ? "revoked"
        : key.DisabledAt is not null ? "disabled"
        : key.ExpiresAt <= _time.GetUtcNow() ? "expired"
        : "valid";

    private async Task RevokeAsync(CancellationToken cancellationToken)
    {
        var key = await FindAsync(cancellationToken);
        await _people.RevokeKeyAsync(key.Tenant, key.Id, cancellationToken);
        await AdminVerbs.SayAsync($"The key \"{key.Name}\" is revoked; its requests stop within two seconds.");
    }

    private async Task EnableAsync(CancellationToken cancellationToken)
    {
        Guid? id = command.Arguments[0] == "all" ? null : (await FindAsync(cancellationToken)).Id;
        var count = await _people.EnableKeysAsync(id, cancellationToken);
        await AdminVerbs.SayAsync(count == 0 ? "No key was disabled." : count == 1 ? "1 key is enabled." : $"{count} keys are enabled.");
    }

    private async Task RotateAsync(CancellationToken cancellationToken)
    {
        var overlap = KeyRules.DefaultOverlap;
        if (command.Option("--overlap") is { } text)
        {
            overlap = SettingText.TryParse(typeof(TimeSpan), text, out var value, out _) && value is TimeSpan time
                && time >= TimeSpan.Zero && time <= KeyRules.LongestOverlap
                ? time
                : throw new StartRefusedException(
                    $"--overlap must be a time such as 1h or 2d, at most {KeyRules.LongestOverlap.TotalDays:0}d.");
        }

        var key = await FindAsync(cancellationToken);
        var (secret, shown) = KeySecret.New();
        if (!await _people.RotateKeyAsync(key.Tenant, key.Id, shown, KeySecret.Hash(secret), overlap, null, cancellationToken))
            throw new StartRefusedException("The key was revoked: make a new one with keys add.");
        await PrintAsync(key, secret);
    }

    private async Task<ApiKey> FindAsync(CancellationToken cancellationToken) =>
        PeopleRoutes.TryReadId(command.Arguments[0], out var id) && await _people.FindKeyAsync(null, id, cancellationToken) is { } key
            ? key
            : throw new StartRefusedException($"There is no key with the id {command.Arguments[0]}; keys list shows them.");

    private async Task<User?> UserAsync(CancellationToken cancellationToken) =>
        command.Option("--user") is { } name ? await AdminVerbs.FindUserAsync(_people, name, cancellationToken) : null;

    private static async Task PrintAsync(ApiKey key, string secret)
    {
        await AdminVerbs.SayAsync($"The secret of the key \"{key.Name}\" ({key.Id:n}); it is not shown again:");
        Console.WriteLine(secret);
    }
}
