global using Xunit;
// Core has a type of the same name, which no test needs.
global using TransferProgress = ChunkUpload.Client.TransferProgress;
