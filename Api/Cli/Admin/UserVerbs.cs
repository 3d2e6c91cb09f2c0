using ChunkUpload.Api.Access;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>users add, list, disable, enable, reset, role, remove.</summary>
/// <param name="services">The services of the ledger.</param>
/// <param name="command">The parsed command.</param>
/// <param name="address">The public address of the service.</param>
internal sealed class UserVerbs(IServiceProvider services, AdminCommand command, string address)
{
    private const int Page = 500;

    private readonly IPeopleLedger _people = services.GetRequiredService<IPeopleLedger>();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        switch (command.Action.Name)
        {
            case "add":
                await AddAsync(cancellationToken);
                return;
            case "list":
                await ListAsync(cancellationToken);
                return;
        }

        var user = await AdminVerbs.FindUserAsync(_people, command.Arguments[0], cancellationToken);
        switch (command.Action.Name)
        {
            case "disable" or "enable":
                var enabled = command.Action.Name == "enable";
                await _people.ChangeUserAsync(user.Id, null, null, null, enabled, cancellationToken);
                await AdminVerbs.SayAsync($"{user.Name} is {(enabled ? "enabled" : "disabled, and stops within two seconds")}.");
                break;
            case "reset":
                if (command.Option("--second-factor") is not null)
                    await services.GetRequiredService<ISecondFactorLedger>().ResetAsync(user.Id, cancellationToken);
                await PrintLinkAsync(user, cancellationToken);
                break;
            case "role":
                await SetRoleAsync(user, command.Arguments[1], cancellationToken);
                break;
            default:
                await _people.RemoveUserAsync(user.Id, cancellationToken);
                await AdminVerbs.SayAsync($"{user.Name} is removed; the files stay.");
                break;
        }
    }

    private async Task AddAsync(CancellationToken cancellationToken)
    {
        var name = SignInCheck.Folded(command.Arguments[0]);
        var title = command.Option("--title") ?? name;
        var email = command.Option("--email");
        var isOperator = command.Option("--operator") is not null;
        var tenant = command.Option("--tenant") ?? Caller.DefaultTenant;
        if (!PersonText.IsUserName(name))
            throw new StartRefusedException($"{PersonText.UserNameRule[..1].ToUpperInvariant()}{PersonText.UserNameRule[1..]}");
        if (PersonText.TitleFault("--title", title) is { } fault)
            throw new StartRefusedException(fault);
        if (email is not null && !PersonText.IsEmail(email))
            throw new StartRefusedException("--email must be an address such as ann@example.org.");
        // An operator needs no role.
        var role = command.Option("--role") is { } text ? RoleOf(text) : isOperator ? (Role?)null : Role.Member;
        await AdminVerbs.FindTenantAsync(_people, tenant, cancellationToken);
        var user = new User(
            Guid.NewGuid(), name, title, email, HasPassword: false, isOperator, Enabled: true, HasSecondFactor: false,
            services.GetRequiredService<TimeProvider>().GetUtcNow(), SignedInAt: null,
            role is { } held ? [new Membership(tenant, held)] : []);
        if (!await _people.AddUserAsync(user, null, cancellationToken))
            throw new StartRefusedException($"There is a user called {name} already.");
        await PrintLinkAsync(user, cancellationToken);
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var tenant = command.Option("--tenant");
        if (tenant is not null)
            await AdminVerbs.FindTenantAsync(_people, tenant, cancellationToken);
        var rows = new List<string[]>();
        string? after = null;
        while (await _people.ListUsersAsync(tenant, after, Page, cancellationToken) is { Count: > 0 } page)
        {
            after = page[^1].Name;
            rows.AddRange(page.Select(user => new[]
            {
                user.Name,
                user.DisplayName,
                !user.Enabled ? "disabled" : user.HasPassword ? "enabled" : "invited",
                string.Join(", ", [
                    .. user.IsOperator ? ["operator"] : Array.Empty<string>(),
                    .. user.Memberships.Select(one => $"{one.Role.Word()} of {one.Tenant}")]),
                user.SignedInAt is { } at ? $"{at:yyyy-MM-dd HH:mm}" : "never",
            }));
        }

        AdminVerbs.Write(["NAME", "DISPLAY NAME", "STATE", "ROLES", "SIGNED IN (UTC)"], rows);
    }

    private async Task SetRoleAsync(User user, string text, CancellationToken cancellationToken)
    {
        var tenant = command.Option("--tenant") ?? Caller.DefaultTenant;
        await AdminVerbs.FindTenantAsync(_people, tenant, cancellationToken);
        switch (text)
        {
            case "operator" or "no-operator":
                await _people.ChangeUserAsync(user.Id, null, null, text == "operator", null, cancellationToken);
                await AdminVerbs.SayAsync($"{user.Name} is {(text == "operator" ? "an operator" : "no operator any more")}.");
                break;
            case "none":
                await _people.SetRoleAsync(user.Id, tenant, null, cancellationToken);
                await AdminVerbs.SayAsync($"{user.Name} does not belong to {tenant} any more.");
                break;
            default:
                var role = RoleOf(text);
                await _people.SetRoleAsync(user.Id, tenant, role, cancellationToken);
                await AdminVerbs.SayAsync($"{user.Name} is {role.Word()} of {tenant}.");
                break;
        }
    }

    private async Task PrintLinkAsync(User user, CancellationToken cancellationToken)
    {
        var token = await services.GetRequiredService<BrowserSessions>().NewLinkAsync(user, cancellationToken);
        await AdminVerbs.SayAsync(
            $"With this link {user.Name} chooses a password. It is valid once, for {BrowserSessions.InvitationLifetime.TotalDays:0} days:");
        Console.WriteLine(SignIn.LinkOf(address, token));
    }

    private static Role RoleOf(string text) => Roles.Of(text) ?? throw new StartRefusedException(
        $"\"{text}\" is no role: it is viewer, member or admin; users role also takes none, operator and no-operator.");
}
