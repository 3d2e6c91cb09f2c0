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

    /// <summary>
    /// Where the provider sends a browser whose address a person then brings back by hand, which needs no address of this service. Nothing
    /// listens there. Null: the provider knows no such way.
    /// </summary>
    string? LoopbackAddress => null;

    /// <summary>Null: the provider has no codes for other devices.</summary>
    IDeviceSignIn? Device => null;
}

/// <summary>
/// A sign-in on another device (RFC 8628): the provider gives a short code, which a person enters on its page in any browser, while this
/// service asks whether that has happened.
/// </summary>
public interface IDeviceSignIn
{
    Task<Outcome<DeviceCode>> BeginAsync(CancellationToken cancellationToken);

    /// <param name="code">As <see cref="BeginAsync"/> has given it.</param>
    Task<DeviceAnswer> AskAsync(string code, CancellationToken cancellationToken);
}

/// <param name="Code">With which this service asks. A secret.</param>
/// <param name="UserCode">What the person enters.</param>
/// <param name="Page">Where the person enters it.</param>
/// <param name="Interval">The shortest time between two questions.</param>
public sealed record DeviceCode(string Code, string UserCode, Uri Page, TimeSpan Lasts, TimeSpan Interval)
{
    // A record prints its members, and a log must not have them.
    public override string ToString() => nameof(DeviceCode);
}

/// <summary>What the provider says to a question about a device code.</summary>
public sealed record DeviceAnswer
{
    /// <summary>The person has not decided yet.</summary>
    public static DeviceAnswer Pending { get; } = new();

    /// <summary>The same, and the service asks too often.</summary>
    public static DeviceAnswer TooOften { get; } = new() { IsTooOften = true };

    /// <summary>The provider did not answer.</summary>
    public static DeviceAnswer Away { get; } = new() { IsAway = true };

    public SignInGrant? Grant { get; init; }
    public ConnectionSignInFault? Fault { get; init; }
    public bool IsTooOften { get; private init; }
    public bool IsAway { get; private init; }
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

    /// <summary>The code was not entered in time.</summary>
    Expired,

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
