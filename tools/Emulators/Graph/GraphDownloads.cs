using System.Globalization;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Addresses that give content to whoever has them, for a while.</summary>
internal sealed class GraphDownloads(GraphState state)
{
    // Not a secret: nothing outside of this process gets anything by guessing it.
    private readonly string _key = Ids.Random(32);
    private int _generation;

    public void ExpireAll() => Interlocked.Increment(ref _generation);

    public string AddressOf(GraphItem item, int version = -1)
    {
        var expires = state.Clock.GetUtcNow().AddSeconds(state.Switches.Number(GraphSwitches.DownloadUrlSeconds)).ToUnixTimeSeconds();
        var named = string.Create(
            CultureInfo.InvariantCulture, $"{state.NumberOf(item.Drive)}~{item.Id}~{version}~{expires}~{Volatile.Read(ref _generation)}");
        return $"{state.ContentBase}/download/{named}~{Mac(named)}";
    }

    /// <summary>Finds what an address is for. An expired address and one that was never given out have different refusals.</summary>
    public (GraphItem? Item, int Version, GraphError? Error) Find(string token)
    {
        var parts = token.Split('~');
        if (parts.Length != 6 || Mac(string.Join('~', parts[..5])) != parts[5])
            return (null, 0, new GraphError(404, "itemNotFound", "There is no such address."));
        var drive = state.Drives[int.Parse(parts[0], CultureInfo.InvariantCulture)];
        var expired = long.Parse(parts[3], CultureInfo.InvariantCulture) <= state.Clock.GetUtcNow().ToUnixTimeSeconds()
            || int.Parse(parts[4], CultureInfo.InvariantCulture) != Volatile.Read(ref _generation);
        if (expired)
        {
            var status = drive.Kind == GraphDriveKind.Personal ? 403 : 401;
            return (null, 0, new GraphError(status, "unauthenticated", "The address has expired."));
        }

        return drive.Find(parts[1]) is { } item
            ? (item, int.Parse(parts[2], CultureInfo.InvariantCulture), null)
            : (null, 0, GraphError.NotFound);
    }

    private string Mac(string named) => Ids.Stable($"{_key}:{named}", 24);
}
