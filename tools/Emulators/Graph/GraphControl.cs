using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Graph;

/// <summary>What a test does to stored items behind the API's back, below <c>/_control/graph</c>.</summary>
internal static class GraphControl
{
    public static void Map(WebApplication app, GraphState state)
    {
        var control = app.MapGroup("/_control/graph");
        control.MapPost("/malware", (MalwareBody body) =>
            On(state, body.Account, body.Path, item => item.Drive.SetMalware(item, body.Name)));
        control.MapPost("/share", (ShareBody body) => On(state, body.Account, body.Path, item => item.Drive.Share(item, body.With)));
        control.MapPost("/recycle-bin/empty", (string? account) =>
        {
            foreach (var drive in state.Drives.Where(drive => account is null || drive.Owner == account))
                drive.EmptyRecycleBin();
            return Results.NoContent();
        });
        control.MapGet("/tree", (string? account) => GraphSeed.DriveFor(state, account).All()
            .Where(item => item.Parent is not null)
            .Select(item => new
            {
                path = item.PathInDrive(),
                id = item.Id,
                kind = item.Kind.ToString(),
                size = item.Size,
                quickXorHash = item.Content?.QuickXor,
                sha256 = item.Content?.Sha256,
                modified = item.FileModified,
            })
            .OrderBy(item => item.path, StringComparer.Ordinal));
    }

    private static IResult On(GraphState state, string? account, string path, Action<GraphItem> act)
    {
        if (GraphSeed.Find(state, account, path) is not { } item)
            return Results.NotFound();
        act(item);
        return Results.NoContent();
    }

    internal sealed record MalwareBody(string? Account, string Path, string? Name);

    internal sealed record ShareBody(string? Account, string Path, string With);
}
