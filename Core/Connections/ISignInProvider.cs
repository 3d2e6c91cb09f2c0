namespace ChunkUpload.Core.Connections;

/// <summary>A provider on whose pages users sign in and allow this service to use their storage (OAuth 2 with PKCE).</summary>
public interface ISignInProvider
{
    /// <summary>Of the connector whose connections it opens.</summary>
    string Kind { get; }

    /// <summary>Whether the operator has registered this service there.</summary>
    bool IsConfigured { get; }

    /// <summary>What users are asked to allow, as the provider names it.</summary>
    IReadOnlyList<string> Scopes { get; }

    /// <summary>The page that the browser opens.</summary>
    Uri AddressOf(SignInRequest request);

    /// <summary>What the error means with which the provider sends a browser back.</summary>
    ConnectionSignInFault FaultOf(string error, string? description);

    /// <summary>Exchanges the code for tokens. It works once.</summary>
    /// <param name="redirect">The address to which the browser came back, as the provider was told it.</param>
    Task<Outcome<SignInGrant>> RedeemAsync(string code, string verifier, string redirect, CancellationToken cancellationToken);

    /// <summary>Whose account it is and how full, before there is a connection.</summary>
    Task<Outcome<StorageAccount>> AccountAsync(string accessToken, CancellationToken cancellationToken);
}

/// <param name="State">Comes back with the browser.</param>
/// <param name="Challenge">The SHA-256 of the verifier that is sent with the code.</param>
/// <param name="Account">The account that is expected, which the provider proposes; null: any.</param>
public sealed record SignInRequest(string State, string Challenge, string Redirect, string? Account);

/// <param name="Secret">Null: the provider gave only an access token, which does not last.</param>
/// <param name="Lacks">Scopes that were asked for and not allowed, and without which the connection is worth nothing.</param>
public sealed record SignInGrant(string AccessToken, ConnectionSecret? Secret, IReadOnlyList<string> Lacks)
{
    // A record prints its members, and a log must not have them.
    public override string ToString() => nameof(SignInGrant);
}

/// <summary>Why a sign-in at a provider has made no connection. The page has a sentence for each.</summary>
public enum ConnectionSignInFault
{
    /// <summary>It was used before, has expired, or began in another browser or by another user.</summary>
    Ended = 1,

    /// <summary>The person has refused it.</summary>
    Cancelled,

    /// <summary>An administrator at the provider must approve this service first.</summary>
    NeedsApproval,

    /// <summary>The provider does not accept this service's own client id and secret.</summary>
    AppSecretEnded,

    /// <summary>The person has not allowed all that is needed.</summary>
    ScopesMissing,

    /// <summary>The connection is another account's.</summary>
    OtherAccount,

    /// <summary>The user has as many connections as a user may have.</summary>
    TooMany,

    /// <summary>The connection was removed in the meantime.</summary>
    Removed,

    /// <summary>The provider does not answer.</summary>
    Away,

    Failed,
}
