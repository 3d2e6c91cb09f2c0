using System.Globalization;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers;

/// <summary>The npm package @tus/server with its file store.</summary>
internal static class NodePeer
{
    public static async Task<Peer> StartAsync(PeerKind kind, BenchOptions options, string folder, CancellationToken cancellationToken)
    {
        var home = TusServerProcess.Home(options);
        _ = Directory.CreateDirectory(folder);
        var group = ControlGroup.Create();
        var process = GroupedProcess.Start(group, home, "node", "server.mjs", folder);
        var port = int.Parse(await process.FirstLineAsync(cancellationToken), CultureInfo.InvariantCulture);
        return new Peer
        {
            Kind = kind,
            Address = new Uri($"http://127.0.0.1:{port}"),
            Group = group,
            Process = process,
            // It has crashed on a stream error after a large download.
            FileOf = path => Path.Combine(folder, Path.GetFileName(path)),
        };
    }
}
