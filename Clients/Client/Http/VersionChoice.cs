using System.Net;
#if NET9_0_OR_GREATER
using System.Net.Quic;
#endif
using System.Runtime.CompilerServices;

namespace ChunkUpload.Client.Http;

/// <summary>
/// Which version of HTTP requests ask for: HTTP/1.1, so that each chunk has a connection of its own; or HTTP/3, once an answer over these
/// connections has named it (Alt-Svc) and this machine speaks QUIC. So no request is lost on a machine or to a service without it. Where
/// one comes back over another version all the same, UDP does not get through, and HTTP/1.1 has a while.
/// </summary>
/// <param name="canQuic">Whether this machine speaks QUIC to this service.</param>
/// <param name="time">The clock.</param>
internal sealed class VersionChoice(bool canQuic, TimeProvider time)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(10);

    // What one set of connections was told, others do not know.
    private readonly ConditionalWeakTable<HttpMessageInvoker, object> _told = [];
    private long _failed = long.MinValue;

#if NET9_0_OR_GREATER
    public static bool CanQuic(Uri service) => service.Scheme == Uri.UriSchemeHttps
        && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicConnection.IsSupported;
#else
    /// <summary>To .NET 8, QUIC is a preview.</summary>
    public static bool CanQuic(Uri service) => false;
#endif

    public void Ask(HttpRequestMessage request, HttpMessageInvoker over)
    {
        if (!canQuic || !_told.TryGetValue(over, out _) || IsResting)
            return;
        (request.Version, request.VersionPolicy) = (HttpVersion.Version30, HttpVersionPolicy.RequestVersionOrLower);
    }

    public void Take(HttpResponseMessage answer, Version asked, HttpMessageInvoker over)
    {
        if (!canQuic)
            return;
        if (asked == HttpVersion.Version30 && answer.Version < HttpVersion.Version30)
            Volatile.Write(ref _failed, time.GetTimestamp());
        else if (answer.Headers.TryGetValues("Alt-Svc", out var services)
            && services.Any(service => service.Contains("h3=", StringComparison.Ordinal)))
            _told.AddOrUpdate(over, over);
    }

    private bool IsResting => Volatile.Read(ref _failed) is not long.MinValue and var failed && time.GetElapsedTime(failed) < Rest;
}
