using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Copies files within Drive. The id is created in advance, so a copy whose response was lost is found.</summary>
internal sealed partial class DriveSink
{
    public async Task<Outcome<SinkEntry>?> CopyInsideAsync(SourceItem found, SinkFile file, CancellationToken cancellationToken)
    {
        // An existing file cannot get the content of another one.
        if (file.Replaces is not null || file.Id is not { } id)
            return null;
        var body = new JsonObject { ["name"] = file.Name, ["parents"] = new JsonArray(file.Folder), ["id"] = id };
        if (file.Modified is { } modified)
            body["modifiedTime"] = DriveItems.TimeText(modified);
        var answer = await client.JsonAsync(
            "files.copy", HttpMethod.Post,
            client.Files($"/{Uri.EscapeDataString(found.Id)}/copy", ("fields", DriveItems.Fields), ("supportsAllDrives", "true")),
            JsonSerializer.SerializeToUtf8Bytes(body), cancellationToken);
        if (answer.Ok)
            return DriveItems.ToSink(answer.Value.Json);
        if (answer.Fault.Kind == FaultKind.Taken)
            return await StatAsync(id, cancellationToken);
        // The owner may forbid copies although the bytes can be read.
        if (answer.Fault.Kind is FaultKind.Refused or FaultKind.Gone)
            return null;
        return answer.Fault;
    }
}
