using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>The verbs for browser sessions. Both work with and without a running service.</summary>
internal static class AccessVerbs
{
    private const int Done = 0;

    public static async Task<int> PrintLinkAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetRequiredService<AccessOptions>().Mode == AccessMode.Open)
            throw new StartRefusedException("With Access:Mode=Open there is nothing to sign in to.");
        await using var visit = await services.GetRequiredService<IFsckTarget>().OpenAsync(cancellationToken);
        Console.WriteLine(await NewLinkAsync(services, AddressOf(services, visit.ServiceAddress), cancellationToken));
        return Done;
    }

    public static async Task<int> ResetSessionsAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var visit = await services.GetRequiredService<IFsckTarget>().OpenAsync(cancellationToken);
        var reset = await services.GetRequiredService<IBrowserSessionLedger>().ResetAsync(cancellationToken);
        if (reset == SessionsReset.KeysInUse)
            throw new StartRefusedException(
                "cookie.key is missing or another one, and the service runs with the keys that it had unwrapped, or did so in the last "
                    + "seconds: stop the service, then run reset-sessions again.");
        Console.WriteLine("Every browser is signed out.");
        if (reset == SessionsReset.KeysRemoved)
            Console.WriteLine(
                "cookie.key is missing or another one, so what it protected is lost: give webhooks new secrets, and users new second "
                    + "factors (users reset NAME --second-factor).");
        return Done;
    }

    public static async Task<string> NewLinkAsync(IServiceProvider services, string address, CancellationToken cancellationToken) =>
        SignIn.LinkOf(address, await services.GetRequiredService<BrowserSessions>().NewLinkAsync(cancellationToken));

    /// <summary>Returns the public address of the service.</summary>
    /// <param name="running">The address of the running service; if there is none, that of the settings is used.</param>
    public static string AddressOf(IServiceProvider services, string? running) =>
        services.GetRequiredService<ProxyOptions>().PublicUrl?.TrimEnd('/')
        ?? running
        ?? Banner.Reachable(services.GetRequiredService<HostingOptions>().AllUrls.First());
}
