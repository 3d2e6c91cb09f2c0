namespace ChunkUpload.Api.Errors;

/// <summary>Adds a header to the refusals of uploads: the advice and the limits, which stand above this folder.</summary>
internal interface IRefusalHeader
{
    /// <summary>The answer has its status; its body follows.</summary>
    /// <param name="goesOn">Whether the client has more bytes to send.</param>
    void Write(HttpContext context, UploadFailure failure, bool goesOn);
}
