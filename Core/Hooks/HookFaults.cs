namespace ChunkUpload.Core.Hooks;

/// <summary>The messages for an address that cannot be called, or that returns no usable response.</summary>
public static class HookFaults
{
    public const string NotAnAddress = "url must be an address that begins with https:// or http://.";

    public const string NoSuchHost = "url has a host name that cannot exist.";

    public const string HasCredentials = "url must have no user, password or fragment; requests are signed instead.";

    public const string InOwnNetwork =
        "The address lies in a private network or on this machine. An operator can allow that with Webhooks:AllowPrivateNetworks.";

    public const string Redirects = "The address redirects, and redirects are not followed.";

    public const string UnknownName = "The host name in the address is not known.";

    public const string NotSecure =
        "No secure connection could be made; the certificate must be valid for the name in the address.";

    public const string NoConnection = "No connection could be made to the address.";

    public const string BrokeOff = "The connection broke off, or the answer is not HTTP.";

    public static string TooLate(TimeSpan timeout) => $"No answer came within {timeout.TotalSeconds} s.";
}
