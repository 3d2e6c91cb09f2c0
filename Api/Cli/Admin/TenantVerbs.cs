using ChunkUpload.Api.Access;
using ChunkUpload.Api.People;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>tenants add, list, suspend, resume, remove.</summary>
internal sealed class TenantVerbs(IServiceProvider services, AdminCommand command)
{
    private readonly IPeopleLedger _people = services.GetRequiredService<IPeopleLedger>();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (command.Action.Name == "list")
        {
            AdminVerbs.Write(
                ["NAME", "TITLE", "STATE", "SINCE (UTC)"],
                (await _people.ListTenantsAsync(cancellationToken)).Select(tenant => new[]
                {
                    tenant.Name, tenant.Title, TenantView.Of(tenant).State, $"{tenant.CreatedAt:yyyy-MM-dd HH:mm}",
                }));
            return;
        }

        var name = command.Arguments[0];
        if (command.Action.Name == "add")
        {
            await AddAsync(name, cancellationToken);
            return;
        }

        await AdminVerbs.FindTenantAsync(_people, name, cancellationToken);
        switch (command.Action.Name)
        {
            case "suspend":
                await _people.ChangeTenantAsync(name, null, suspended: true, cancellationToken);
                await AdminVerbs.SayAsync($"{name} is suspended: its users and keys stop within two seconds.");
                break;
            case "resume":
                await _people.ChangeTenantAsync(name, null, suspended: false, cancellationToken);
                await AdminVerbs.SayAsync($"{name} goes on.");
                break;
            default:
                if (!await _people.RemoveTenantAsync(name, cancellationToken))
                    throw new StartRefusedException($"The tenant {name} stays; it is the operator key's.");
                await AdminVerbs.SayAsync($"{name} is ended. The service removes its data: the job remove-tenants, within the hour.");
                break;
        }
    }

    private async Task AddAsync(string name, CancellationToken cancellationToken)
    {
        var title = command.Option("--title") ?? name;
        if (!PersonText.IsTenantName(name))
            throw new StartRefusedException(
                $"\"{name}\" is no name of a tenant: 1 to 63 letters a to z, digits, and hyphens between them.");
        if (PersonText.TitleFault("--title", title) is { } fault)
            throw new StartRefusedException(fault);
        if (!await _people.AddTenantAsync(name, title, cancellationToken))
            throw new StartRefusedException($"A tenant with the name {name} exists already, or its data is still being removed.");
        await AdminVerbs.SayAsync($"{name} is there; users add --tenant={name} adds its people.");
    }
}
