namespace ChunkUpload.Client;

/// <summary>Codes of failures that no service answers with.</summary>
internal static class ClientCodes
{
    public const string ServiceNotSupported = "service_not_supported";
    public const string EmptySource = "empty_source";
}
