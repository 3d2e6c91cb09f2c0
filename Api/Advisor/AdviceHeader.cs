using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Api.Advisor;

/// <summary>
/// Writes the advice as one structured dictionary, for protocols whose responses have no body. Other clients ignore it. The size is that of
/// the next request's body.
/// </summary>
internal static class AdviceHeader
{
    public const string Name = ServiceHeaders.UploadAdvice;

    public static EndpointDoc.Parameter Doc { get; } = new(
        Name, "What to send next: bytes per request, requests at a time, the longest wait before a retry.",
            "size=1048576, concurrency=1, retry-after-ms=250");

    /// <summary>Writes it only while the upload accepts bytes.</summary>
    public static void Write(HttpContext context, Upload upload)
    {
        if (upload.State != UploadState.Open)
            return;
        var advisor = context.RequestServices.GetRequiredService<ChunkAdvisor>();
        advisor.Register(upload.Id, context.Caller());
        var advice = advisor.Figures(upload);
        context.Response.Headers[Name] = string.Create(
            CultureInfo.InvariantCulture,
                $"size={advice.Size}, concurrency={advice.Concurrency}, retry-after-ms={AdviceText.Milliseconds(advice.RetryTo)}");
    }
}
