using System.Globalization;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary><c>Upload-Expires</c>: IMF-fixdate (RFC 9110, 5.6.7), in English and GMT regardless of the machine's settings (T127).</summary>
internal static class ExpiresField
{
    public static string Write(DateTimeOffset time) => time.ToUniversalTime().ToString("r", CultureInfo.InvariantCulture);
}
