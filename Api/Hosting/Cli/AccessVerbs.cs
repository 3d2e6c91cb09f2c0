using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>The verbs for browser sessions. Both work with and without a running service.</summary>
internal static class AccessVerbs
{
    private const int Done = 0;

    public static async Task<int> PrintLinkAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetRequiredService<AccessOptions>().Mode == AccessMode.Open)
            throw new StartRefusedException("With Access:Mode=Open there is nothing to sign in to.");
        await using var visit = await services.GetRequiredService<IFsckTarget>().OpenAsync(cancellationToken);
        Console.WriteLine(await NewLinkAsync(services, services.GetRequiredService<HostingOptions>().AllUrls.First(), cancellationToken));
        return Done;
    }

    public static async Task<int> ResetSessionsAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var visit = await services.GetRequiredService<IFsckTarget>().OpenAsync(cancellationToken);
        var lost = await services.GetRequiredService<IBrowserSessionLedger>().ResetAsync(cancellationToken);
        Console.WriteLine("Every browser is signed out.");
        if (lost)
            Console.WriteLine(
                "cookie.key is missing or another one, so what it protected is lost: give webhooks new secrets, and users new second "
                    + "factors (users reset NAME --second-factor).");
        return Done;
    }

    /// <param name="listens">The address that the service listens on; Proxy:PublicUrl takes precedence.</param>
    public static async Task<string> NewLinkAsync(IServiceProvider services, string listens, CancellationToken cancellationToken)
    {
        var address = services.GetRequiredService<ProxyOptions>().PublicUrl?.TrimEnd('/') ?? Banner.Reachable(listens);
        return SignIn.LinkOf(address, await services.GetRequiredService<BrowserSessions>().NewLinkAsync(cancellationToken));
    }
}
