namespace ChunkUpload.Api.Files;

/// <summary>Adds headers of the upload protocol to the description of a file.</summary>
internal interface IFileHeaders
{
    void Write(IHeaderDictionary headers, Upload upload);
}
