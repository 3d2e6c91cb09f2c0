namespace ChunkUpload.Api.Access;

internal static partial class AccessLog
{
    [LoggerMessage(2101, LogLevel.Warning, "Access:Mode is Open: every process on this machine can upload, read and delete without a key.")]
    public static partial void Open(ILogger log);

    [LoggerMessage(2102, LogLevel.Information, "A sign-in through the issuer failed with {Fault}: {Reason}")]
    public static partial void IssuerSignInFailed(ILogger log, string fault, string reason);
}
