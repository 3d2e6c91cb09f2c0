namespace ChunkUpload.Api.Errors;

/// <summary>Adds a header to refusals of uploads. The advice and the limits implement it.</summary>
internal interface IRefusalHeader
{
    /// <summary>Called after the status of the response is set and before its body is written.</summary>
    /// <param name="goesOn">Whether the client has more bytes to send.</param>
    void Write(HttpContext context, UploadFailure failure, bool goesOn);
}
