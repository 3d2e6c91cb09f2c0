using System.Globalization;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers;

/// <summary>The receive loop in C, compiled by <c>tools/Bench/bench</c>.</summary>
internal static class FloorPeer
{
    public static async Task<Peer> StartAsync(PeerKind kind, BenchOptions options, string folder, CancellationToken cancellationToken)
    {
        var program = Path.Combine(options.Root, "artifacts", "bench-floor");
        if (!File.Exists(program))
            throw new BenchException("The floor is not compiled: start through tools/Bench/bench.");
        _ = Directory.CreateDirectory(folder);
        var group = ControlGroup.Create();
        var process = GroupedProcess.Start(group, folder, [program, folder, .. kind.Name.Split('+')[1..]]);
        var port = int.Parse(await process.FirstLineAsync(cancellationToken), CultureInfo.InvariantCulture);
        return new Peer { Kind = kind, Address = new Uri($"http://127.0.0.1:{port}"), Group = group, Process = process };
    }
}
