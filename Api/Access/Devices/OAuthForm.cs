using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace ChunkUpload.Api.Access.Devices;

/// <summary>The form fields of a request for a key (RFC 6749, appendix B), each at most once.</summary>
internal sealed class OAuthForm
{
    private const int MostBytes = 8 << 10;

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    /// <returns>Null if the body is not such a form.</returns>
    public static async Task<OAuthForm?> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.HasFormContentType || request.ContentType!.StartsWith("multipart", StringComparison.OrdinalIgnoreCase)
            || request.ContentLength is null or > MostBytes)
            return null;
        var services = context.RequestServices;
        using var idle = new CancellationTokenSource(
            services.GetRequiredService<UploadOptions>().BodyIdleTimeout, services.GetRequiredService<TimeProvider>());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, context.RequestAborted);
        var bytes = new byte[request.ContentLength.Value];
        try
        {
            await request.Body.ReadExactlyAsync(bytes, either.Token);
        }
        catch (Exception failure) when (failure is EndOfStreamException
            || (failure is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            return null;
        }

        var form = new OAuthForm();
        foreach (var field in new QueryStringEnumerable(Encoding.UTF8.GetString(bytes)))
        {
            if (!form._fields.TryAdd(field.DecodeName().ToString(), field.DecodeValue().ToString()))
                return null;
        }

        return form;
    }

    /// <summary>The value of a field; null if it is missing or empty.</summary>
    public string? this[string name] => _fields.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
}
