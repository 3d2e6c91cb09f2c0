using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Advisor;

/// <summary>Adds the advice header to refusals for clients of protocols without JSON, also if they must resume at another offset.</summary>
internal sealed class RefusalAdvice : IRefusalHeader
{
    public void Write(HttpContext context, UploadFailure failure, bool goesOn)
    {
        if (goesOn && context.Features.Get<ErrorProtocol>() is not null)
            AdviceHeader.Write(context, failure.Upload!);
    }
}
