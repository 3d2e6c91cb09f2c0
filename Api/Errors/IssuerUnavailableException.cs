namespace ChunkUpload.Api.Errors;

/// <summary>The keys of the external issuer cannot be read now.</summary>
internal sealed class IssuerUnavailableException(Exception reason) : Exception("The keys of the token issuer cannot be read.", reason);
