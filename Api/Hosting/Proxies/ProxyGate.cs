using System.Net;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Hosting.Proxies;

/// <summary>
/// Determines the address by which the client knows the service (T73). 1. Read the forwarded headers if the connection comes from a trusted
/// proxy, back through all trusted proxies. 2. The configured address takes precedence. 3. Leave the request unchanged, so that guards
/// against forged hosts still see the host that was sent.
/// </summary>
internal sealed class ProxyGate(RequestDelegate next, ProxyOptions options, ILogger<ProxyGate> log)
{
    private readonly IPNetwork[] _trusted =
        [.. options.Trusted.Select(text => ProxyOptions.TryParse(text, out var network) ? network : default)];
    private readonly PublicUrl? _configured = options.PublicUrl is { } url ? PublicUrl.Parse(url) : null;
    private int _warned;

    public Task InvokeAsync(HttpContext context)
    {
        // 1. Read the forwarded headers if the connection comes from a trusted proxy, back through all trusted proxies.
        PublicUrl? forwarded = null;
        if (IsTrusted(context.Connection.RemoteIpAddress))
        {
            context.Features.Set(ProxiedRequest.Mark);
            forwarded = Forwarded(context);
        }
        else if (_configured is null && context.Request.Headers.ContainsKey("X-Forwarded-Proto")
            && Interlocked.Exchange(ref _warned, 1) == 0)
        {
            HostingLog.ProxyNotTrusted(log, context.Connection.RemoteIpAddress);
        }

        // 2. The configured address takes precedence.
        if ((_configured ?? forwarded) is { } outside)
            context.Features.Set(outside);
        return next(context);
    }

    private PublicUrl Forwarded(HttpContext context)
    {
        var request = context.Request;
        var hops = options.Headers == ProxyHeaders.Forwarded
            ? ForwardedField.Read(Joined(request.Headers["Forwarded"])) ?? []
            : XForwarded(request.Headers);
        string? scheme = null, host = null, port = null, prefix = null;
        for (var i = hops.Count - 1; i >= 0; i--)
        {
            // With several trusted proxies, the outermost knows the client's address best.
            var hop = hops[i];
            if (PublicUrl.IsScheme(hop.Proto?.ToLowerInvariant()))
                scheme = hop.Proto!.ToLowerInvariant();
            if (PublicUrl.IsHost(hop.Host))
                (host, port) = (hop.Host, null);
            if (ushort.TryParse(hop.Port, System.Globalization.NumberStyles.None, null, out var number) && number > 0)
                port = hop.Port;
            if (PublicUrl.IsPrefix(hop.Prefix))
                prefix = hop.Prefix;
            if (AddressOf(hop.For) is not { } client)
                break;
            context.Connection.RemoteIpAddress = client;
            if (!IsTrusted(client))
                break;
        }

        scheme ??= request.Scheme;
        host ??= PublicUrl.IsHost(request.Host.Value) ? request.Host.Value : null;
        if (host is not null && port is not null && !HasPort(host) && port != (scheme == "https" ? "443" : "80"))
            host = $"{host}:{port}";
        return new PublicUrl(scheme, host, prefix ?? "");
    }

    // Each header is a list with the nearest proxy last. A proxy that replaces a header instead of appending to it leaves a shorter list.
    private static List<ForwardedHop> XForwarded(IHeaderDictionary headers)
    {
        string[] clients = List(headers["X-Forwarded-For"]), protos = List(headers["X-Forwarded-Proto"]), hosts =
            List(headers["X-Forwarded-Host"]),
            ports = List(headers["X-Forwarded-Port"]), prefixes = List(headers["X-Forwarded-Prefix"]);
        var count = Math.Max(clients.Length, Math.Max(protos.Length, Math.Max(hosts.Length, Math.Max(ports.Length, prefixes.Length))));
        var hops = new List<ForwardedHop>(count);
        for (var depth = count; depth > 0; depth--)
        {
            hops.Add(new ForwardedHop(
                At(clients, depth), At(protos, depth), At(hosts, depth))
            { Port = At(ports, depth), Prefix = At(prefixes, depth) });
        }

        return hops;

        static string? At(string[] values, int depth) => depth <= values.Length ? values[^depth] : null;
    }

    private static string[] List(StringValues field) => Joined(field)
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string Joined(StringValues field) => string.Join(',', field.ToArray());

    private static bool HasPort(string host) => host.LastIndexOf(':') > host.LastIndexOf(']');

    /// <summary>Parses 192.0.2.1, 192.0.2.1:4711, 2001:db8::1 and [2001:db8::1]:4711; null for obfuscated names.</summary>
    private static IPAddress? AddressOf(string? text)
    {
        if (text is null)
            return null;
        if (IPAddress.TryParse(text, out var address))
            return address;
        return IPEndPoint.TryParse(text, out var endPoint) ? endPoint.Address : null;
    }

    private bool IsTrusted(IPAddress? address)
    {
        if (address is null || _trusted.Length == 0)
            return false;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in _trusted)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }
}
