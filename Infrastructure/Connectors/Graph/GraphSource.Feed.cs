using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>Graph's feed of changes of a drive. A position is the address from the previous response.</summary>
internal sealed partial class GraphSource
{
    public async Task<Outcome<string>> PositionAsync(string root, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(root) is not { } id)
            return Gone;
        var drive = id.Drive.Length == 0 ? id : id with { Item = GraphId.Root.Item };
        var page = await PageAsync(
            client.Address($"{drive.Path}/delta?token=latest&$select=id,parentReference"), id.Drive, cancellationToken);
        return page.Ok ? page.Value.Next : page.Fault;
    }

    public async Task<Outcome<ChangedPage>> ChangesAsync(string position, CancellationToken cancellationToken) =>
        client.NextPage(position) is { } address
            ? await PageAsync(address, "", cancellationToken)
            : new StorageFault(FaultKind.Refused, "This is not a position in OneDrive's changes.");

    private async Task<Outcome<ChangedPage>> PageAsync(Uri address, string drive, CancellationToken cancellationToken)
    {
        var answer = await client.JsonAsync("drive.delta", HttpMethod.Get, address, null, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json;
        if (!json.TryGetProperty("value", out var items) || items.ValueKind != JsonValueKind.Array)
            return GraphClient.Unreadable;
        if (AnswerLimits.CountFault(items, AnswerLimits.MostItems) is { } tooMany)
            return tooMany;
        var more = GraphItems.Text(json, "@odata.nextLink");
        return (more ?? GraphItems.Text(json, "@odata.deltaLink")) is { } next
            ? new ChangedPage(
                [.. items.EnumerateArray().Select(item => new ChangedItem(
                    GraphItems.IdOf(item, drive).ToString(), GraphItems.ParentOf(item, drive)?.ToString()))],
                next, more is not null)
            : GraphClient.Unreadable;
    }
}
