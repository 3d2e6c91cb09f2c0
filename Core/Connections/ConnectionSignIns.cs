using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Connections;

/// <summary>
/// Connects accounts by a sign-in at their provider (OAuth 2). The state parameter is valid once, in the same browser and for the same
/// subject.
/// </summary>
public sealed class ConnectionSignIns(
    IEnumerable<ISignInProvider> providers, IConnectionSignInLedger ledger, IConnectionLedger connections, ConnectionOptions options,
    IAuditLedger audit, WorkQueue queue, TimeProvider time)
{
    /// <summary>The time limit for a sign-in at the provider.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public IReadOnlyList<ISignInProvider> Providers { get; } = [.. providers.OrderBy(one => one.Kind, StringComparer.Ordinal)];

    public ISignInProvider? Find(string? kind) => Providers.FirstOrDefault(one => one.Kind == kind);

    /// <param name="again">The connection that is signed in again; null if a new one is made.</param>
    /// <param name="redirect">The address to which the provider redirects the browser.</param>
    public async Task<BegunAddress> BeginAsync(
        Caller caller, ISignInProvider provider, string? title, Connection? again, string redirect, CancellationToken cancellationToken)
    {
        var (state, browser, verifier) = (BrowserSessions.NewToken(), BrowserSessions.NewToken(), BrowserSessions.NewToken());
        var begun = new BegunConnection(caller.Tenant, caller.Subject, provider.Kind, title, again?.Id, verifier, redirect);
        await ledger.BeginAsync(
            BrowserSessions.Hash(state), BrowserSessions.Hash(browser), begun, time.GetUtcNow() + Lifetime, cancellationToken);
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        return new BegunAddress(
            state, browser, provider.AddressOf(new SignInRequest(state, challenge, redirect, again?.Account)));
    }

    /// <summary>Creates or renews the connection after the provider has redirected the browser back.</summary>
    /// <param name="browser">The browser's cookie; null if it has none.</param>
    public async Task<ConnectionSignInEnd> EndAsync(
        Caller caller, ProviderAnswer answer, string? browser, CancellationToken cancellationToken)
    {
        // 1. A response from another browser or user must not end the sign-in, so the stored sign-in is not removed.
        if (answer.State is not { } state || browser is null
            || await ledger.TakeAsync(
                BrowserSessions.Hash(state), BrowserSessions.Hash(browser), caller.Tenant, caller.Subject, time.GetUtcNow(),
                cancellationToken) is not { } begun)
        {
            return new ConnectionSignInEnd(null, false, ConnectionSignInFault.Ended);
        }

        // 2. Record the outcome. The page shows a failure to the person.
        return await RecordAsync(begun.Kind, begun.Connection, await EndAsync(begun, answer, cancellationToken));
    }

    /// <summary>Records a failure in the audit. Each sign-in needed a recent password, so failures cannot fill the log.</summary>
    internal async Task<ConnectionSignInEnd> RecordAsync(string kind, Guid? again, ConnectionSignInEnd end)
    {
        if (end.Fault is { } fault)
        {
            var json = new JsonObject { ["kind"] = kind, ["fault"] = WordOf(fault) };
            await audit.AddAsync("connection.sign_in_failed", again?.ToString("n"), json.ToJsonString(), CancellationToken.None);
        }

        return end;
    }

    /// <summary>Returns the name of a fault in addresses and in the audit log.</summary>
    public static string WordOf(ConnectionSignInFault fault) => JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.ToString());

    private async Task<ConnectionSignInEnd> EndAsync(
        BegunConnection begun, ProviderAnswer answer, CancellationToken cancellationToken)
    {
        if (Find(begun.Kind) is not { IsConfigured: true } provider)
            return Failed(ConnectionSignInFault.Failed);
        if (answer.Error is { } error)
            return Failed(provider.FaultOf(error, answer.Description));
        if (answer.Code is not { Length: > 0 } code)
            return Failed(ConnectionSignInFault.Failed);

        var grant = await provider.RedeemAsync(code, begun.Verifier, begun.Redirect, cancellationToken);
        return grant.Ok
            ? await KeepAsync(provider, begun.For, grant.Value, cancellationToken)
            : Failed(FaultOf(grant.Fault));
    }

    /// <summary>Creates or renews the connection with the tokens of the provider.</summary>
    internal async Task<ConnectionSignInEnd> KeepAsync(
        ISignInProvider provider, SignInPurpose purpose, SignInGrant grant, CancellationToken cancellationToken)
    {
        // 1. Check the granted scopes. Unused tokens are not revoked, because Google would end every sign-in of this account.
        if (grant.Lacks.Count > 0 || grant.Secret is not { } secret)
            return Failed(ConnectionSignInFault.ScopesMissing);

        // 2. Find the account of the tokens.
        var account = await provider.AccountAsync(grant.AccessToken, cancellationToken);
        if (!account.Ok)
            return Failed(FaultOf(account.Fault));
        return purpose.Connection is { } id
            ? await RenewAsync(purpose, id, secret, account.Value, cancellationToken)
            : await AddAsync(purpose, provider.Kind, secret, account.Value, cancellationToken);
    }

    private async Task<ConnectionSignInEnd> AddAsync(
        SignInPurpose purpose, string kind, ConnectionSecret secret, StorageAccount account, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var connection = new Connection(
            Guid.NewGuid(), purpose.Tenant, purpose.Subject, kind, purpose.Title ?? account.Name ?? kind, account.Name,
            ConnectionState.Ready, now, now)
        {
            AccountId = account.Id,
            UsedBytes = account.UsedBytes,
            TotalBytes = account.TotalBytes,
        };
        return await connections.AddAsync(connection, secret, options.MostPerUser, cancellationToken)
            ? new ConnectionSignInEnd(connection.Id, false, null)
            : Failed(ConnectionSignInFault.TooMany);
    }

    private async Task<ConnectionSignInEnd> RenewAsync(
        SignInPurpose purpose, Guid id, ConnectionSecret secret, StorageAccount account, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(purpose.Tenant, purpose.Subject, id, cancellationToken) is not { } connection)
            return Failed(ConnectionSignInFault.Removed);
        if (!connection.IsOf(account))
            return Failed(ConnectionSignInFault.OtherAccount);
        if (!await connections.RenewAsync(purpose.Tenant, purpose.Subject, id, secret, cancellationToken))
            return Failed(ConnectionSignInFault.Removed);
        await connections.CheckedAsync(id, account, cancellationToken);
        queue.Wake();
        return new ConnectionSignInEnd(id, true, null);
    }

    internal static ConnectionSignInEnd Failed(ConnectionSignInFault fault) => new(null, false, fault);

    public static ConnectionSignInFault FaultOf(StorageFault fault) => fault.Kind switch
    {
        FaultKind.AppSecret => ConnectionSignInFault.AppSecretEnded,
        FaultKind.Approval => ConnectionSignInFault.NeedsApproval,
        FaultKind.Transient or FaultKind.Throttled => ConnectionSignInFault.Away,
        _ => ConnectionSignInFault.Failed,
    };
}

/// <param name="State">The state parameter, which the provider sends back.</param>
/// <param name="Browser">The value of the browser's cookie.</param>
/// <param name="Address">The provider's address that the browser opens.</param>
public sealed record BegunAddress(string State, string Browser, Uri Address)
{
    // A record prints its members, and a log must not have them.
    public override string ToString() => nameof(BegunAddress);
}

/// <summary>The connection that a sign-in creates or renews.</summary>
/// <param name="Title">The title of the new connection; null for the account's name.</param>
/// <param name="Connection">The one that is signed in again; null if a new one is made.</param>
public sealed record SignInPurpose(string Tenant, string Subject, string? Title, Guid? Connection);

/// <summary>The query parameters with which a provider redirects a browser back.</summary>
public sealed record ProviderAnswer(string? State, string? Code, string? Error, string? Description)
{
    // A record prints its members, and a log must not have them.
    public override string ToString() => nameof(ProviderAnswer);
}

/// <param name="Connection">Null if there is a fault.</param>
/// <param name="Again">Whether the connection existed before.</param>
public sealed record ConnectionSignInEnd(Guid? Connection, bool Again, ConnectionSignInFault? Fault);
