using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Advisor;

/// <summary>Clients of protocols without JSON read the advice from a header, also when they have to resume at another offset.</summary>
internal sealed class RefusalAdvice : IRefusalHeader
{
    public void Write(HttpContext context, UploadFailure failure, bool goesOn)
    {
        if (goesOn && context.Features.Get<ErrorProtocol>() is not null)
            AdviceHeader.Write(context, failure.Upload!);
    }
}
