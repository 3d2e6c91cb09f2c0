using System.Collections.Concurrent;
using System.Net;

namespace ChunkUpload.Client.Straight;

/// <summary>A device that has proved its key, and connections to it.</summary>
/// <param name="Remote">The address at which the device was found.</param>
/// <param name="Local">The address of this computer on that way.</param>
internal sealed record StraightLink(IPEndPoint Remote, IPAddress Local, HttpClient Http);

/// <summary>
/// The connections to devices that several transfers share, so that not every small file costs a search and a handshake. Safe for
/// concurrent use.
/// </summary>
/// <param name="own">The identity of this computer.</param>
internal sealed class StraightLinks(DeviceIdentity own) : IDisposable
{
    private readonly ConcurrentDictionary<string, StraightLink> _links = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _searches = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<HttpClient> _all = [];

    /// <summary>Returns the link to a device, or looks for the device at all addresses at once.</summary>
    /// <param name="fingerprint">The key that the device must have.</param>
    /// <returns><c>null</c> if no address leads to a device that proves its key within the time.</returns>
    public async Task<StraightLink?> FindAsync(
        byte[] fingerprint, IReadOnlyList<IPEndPoint> addresses, TimeSpan patience, CancellationToken stop)
    {
        var key = Convert.ToHexStringLower(fingerprint);
        if (Known(key, addresses) is { } known)
            return known;
        var search = _searches.GetOrAdd(key, _ => new SemaphoreSlim(1));
        await search.WaitAsync(stop);
        try
        {
            // Another transfer may have found it meanwhile.
            if (Known(key, addresses) is { } other)
                return other;
            var connections = new StraightConnections(own, fingerprint);
            if (await connections.FindAsync(addresses, patience, stop) is not { } found)
                return null;
            var http = connections.Open();
            _all.Add(http);
            return _links[key] = new StraightLink(found.Remote, found.Local, http);
        }
        finally
        {
            _ = search.Release();
        }
    }

    /// <summary>Removes a failed link, so that the next request connects anew. Requests that still use it continue.</summary>
    public void Drop(byte[] fingerprint, StraightLink link) =>
        _ = _links.TryRemove(new(Convert.ToHexStringLower(fingerprint), link));

    public void Dispose()
    {
        foreach (var http in _all)
            http.Dispose();
        foreach (var search in _searches.Values)
            search.Dispose();
    }

    private StraightLink? Known(string key, IReadOnlyList<IPEndPoint> addresses) =>
        _links.TryGetValue(key, out var link) && addresses.Contains(link.Remote) ? link : null;
}
