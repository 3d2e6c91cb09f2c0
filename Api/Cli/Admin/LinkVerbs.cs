using ChunkUpload.Api.Links;
using ChunkUpload.Api.People;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>links list, revoke, enable. Links are created with the API and in the console.</summary>
internal sealed class LinkVerbs(IServiceProvider services, AdminCommand command)
{
    private const int Page = 500;

    private readonly ILinkLedger _links = services.GetRequiredService<ILinkLedger>();
    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();

    public Task RunAsync(CancellationToken cancellationToken) => command.Action.Name switch
    {
        "list" => ListAsync(cancellationToken),
        "revoke" => RevokeAsync(cancellationToken),
        _ => EnableAsync(cancellationToken),
    };

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var tenant = command.Option("--tenant") ?? Caller.DefaultTenant;
        await AdminVerbs.FindTenantAsync(services.GetRequiredService<IPeopleLedger>(), tenant, cancellationToken);
        var rows = new List<string[]>();
        Guid? after = null;
        while (await _links.ListAsync(tenant, maker: null, after, Page, cancellationToken) is { Count: > 0 } page)
        {
            after = page[^1].Id;
            rows.AddRange(page.Select(link => new[]
            {
                link.Id.ToString("n"),
                StateNames.Of(link.Kind),
                link.Title,
                ShareLinkView.Of(link, _time.GetUtcNow()).State,
                link.Kind == ShareLinkKind.Upload ? $"{link.Uploads.Files} files" : $"{link.Downloads} downloads",
                $"{link.ExpiresAt:yyyy-MM-dd HH:mm}",
                link.MadeBy,
            }));
        }

        AdminVerbs.Write(["ID", "KIND", "TITLE", "STATE", "USED", "ENDS (UTC)", "MADE BY"], rows);
    }

    private async Task RevokeAsync(CancellationToken cancellationToken)
    {
        var link = await FindAsync(cancellationToken);
        await _links.RevokeAsync(link.Tenant, maker: null, link.Id, cancellationToken);
        await AdminVerbs.SayAsync($"The link \"{link.Title}\" is revoked; its requests stop within two seconds.");
    }

    private async Task EnableAsync(CancellationToken cancellationToken)
    {
        Guid? id = command.Arguments[0] == "all" ? null : (await FindAsync(cancellationToken)).Id;
        var count = await _links.EnableAsync(id, cancellationToken);
        await AdminVerbs.SayAsync(count == 0 ? "No link was disabled." : count == 1 ? "1 link is enabled." : $"{count} links are enabled.");
    }

    private async Task<ShareLink> FindAsync(CancellationToken cancellationToken)
    {
        if (PeopleRoutes.TryReadId(command.Arguments[0], out var id))
        {
            foreach (var tenant in await services.GetRequiredService<IPeopleLedger>().ListTenantsAsync(cancellationToken))
            {
                if (await _links.FindAsync(tenant.Name, maker: null, id, cancellationToken) is { } link)
                    return link;
            }
        }

        throw new StartRefusedException($"There is no link with the id {command.Arguments[0]}; links list shows them.");
    }
}
