using System.Globalization;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary><c>Upload-Expires</c>: IMF-fixdate (RFC 9110, 5.6.7), English and GMT whatever the machine is set to (T127).</summary>
internal static class ExpiresField
{
    public static string Write(DateTimeOffset time) => time.ToUniversalTime().ToString("r", CultureInfo.InvariantCulture);
}
