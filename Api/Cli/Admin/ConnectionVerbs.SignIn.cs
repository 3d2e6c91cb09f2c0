using ChunkUpload.Api.Connections;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>Sign-ins with a browser on any device: by a code, or by an address that a person pastes.</summary>
internal sealed partial class ConnectionVerbs
{
    private readonly ConnectionSignIns _signIns = services.GetRequiredService<ConnectionSignIns>();

    /// <param name="again">The connection that is signed in again; null if a new one is made.</param>
    private async Task SignInAsync(Caller owner, string kind, Connection? again, CancellationToken cancellationToken)
    {
        if (_signIns.Find(kind) is not { } provider)
            throw new StartRefusedException($"A connection of the kind {kind} needs --secret=FILE with its key.");
        if (!provider.IsConfigured)
        {
            throw new StartRefusedException(
                "This service is not registered at this provider; docs/connections.md says how. Or give a secret with --secret=FILE.");
        }

        var title = command.Option("--title");
        var end = provider is { Device: { } device }
            ? await ByCodeAsync(owner, provider, device, title, again, cancellationToken)
            : await ByAddressAsync(owner, provider, title, again, cancellationToken);
        if (end.Fault is { } fault)
            throw new StartRefusedException(SignInFaultTexts.Of(fault));
        var made = await _connections.FindAsync(owner.Tenant, owner.Subject, end.Connection!.Value, cancellationToken);
        Console.WriteLine(end.Connection.Value.ToString("n"));
        await AdminVerbs.SayAsync(again is null
            ? $"{made?.Account ?? kind} is connected."
            : $"The connection \"{again.Title}\" is signed in again; what waited for it goes on.");
    }

    private async Task<ConnectionSignInEnd> ByCodeAsync(
        Caller owner, ISignInProvider provider, IDeviceSignIn device, string? title, Connection? again,
        CancellationToken cancellationToken)
    {
        var devices = services.GetRequiredService<DeviceSignIns>();
        var begun = await devices.BeginAsync(owner, provider, device, title, again, cancellationToken);
        if (!begun.Ok)
            throw new StartRefusedException(begun.Fault.Sentence);
        await AdminVerbs.SayAsync($"Open {begun.Value.Page.AbsoluteUri} in any browser, and enter the code {begun.Value.UserCode}");
        await AdminVerbs.SayAsync($"This waits until {begun.Value.ExpiresAt.ToLocalTime():t}; Ctrl+C gives it up.");
        return await begun.Value.End.WaitAsync(cancellationToken);
    }

    private async Task<ConnectionSignInEnd> ByAddressAsync(
        Caller owner, ISignInProvider provider, string? title, Connection? again, CancellationToken cancellationToken)
    {
        if (provider.LoopbackAddress is not { } loopback)
            throw new StartRefusedException($"A connection of the kind {provider.Kind} needs --secret=FILE, or the console.");
        var begun = await _signIns.BeginAsync(owner, provider, title, again, loopback, cancellationToken);
        await AdminVerbs.SayAsync("Open this address in any browser, and allow the access:");
        Console.WriteLine(begun.Address.AbsoluteUri);
        await AdminVerbs.SayAsync(
            $"The browser then finds nothing at an address that begins with {loopback}. Copy that address, and paste it here:");
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            if (PastedAddress.Read(line, loopback) is { } answer)
                return await _signIns.EndAsync(owner, answer, begun.Browser, CancellationToken.None);
            if (line.Trim().Length > 0)
                await AdminVerbs.SayAsync($"That is not it: it begins with {loopback}, and has state= and code= in it. Copy all of it:");
        }

        throw new StartRefusedException("No address came. Nothing was changed.");
    }
}
