namespace ChunkUpload.Api.Files;

/// <summary>What the protocol by which a file came adds to its description.</summary>
internal interface IFileHeaders
{
    void Write(IHeaderDictionary headers, Upload upload);
}
