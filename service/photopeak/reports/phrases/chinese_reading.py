"""Why a file cannot be read, and what reading it had to assume, in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

CHINESE_READING: Mapping[str, str] = MappingProxyType(
    {
        "cannot be read: {}": "无法读取：{}",
        "the pixels cannot be looked at: {}": "无法查看像素：{}",
        # Series and objects.
        "an object of the class {}": "类别为{}的对象",
        "a series without objects": "没有对象的序列",
        "{} objects, at most {} are read": "有{}个对象，最多读取{}个",
        "the files belong to {} series, not to one": "文件属于{}个序列，而不是一个",
        "{}: kept and shown, not analysed": "{}：予以保存和显示，不作分析",
        "the series mixes objects of {} classes": "序列混有{}类对象",
        "the series mixes {} images": "序列混有{}类图像",
        "{} images are kept, but no test uses them": "{}图像予以保存，但没有检测使用",
        "the series holds {} enhanced objects, not one: {}": "序列含{}个增强型对象，而不是一个：{}",
        "{} functional groups describe {} frames of the object": "{}个功能组描述对象的{}帧",
        "the frames of the object are mapped to several units: {}": "对象各帧映射到多种单位：{}",
        "the objects of the series differ in size or type: {}": "序列中各对象的大小或类型不同：{}",
        "the {} objects of the series have different {}: {}": "序列的{}个对象{}不同：{}",
        "the series has {} bytes of pixels": "序列的像素有{}字节",
        "the series has {} bytes of pixels, at most {} are read": "序列的像素有{}字节，最多读取{}字节",
        "neither a SOP class nor a SOP instance UID: not a composite object": (
            "没有SOP类，也没有SOP实例UID：不是复合对象"
        ),
        "text is in {}, the header declares {}": "文本编码为{}，文件头声明为{}",
        "{} is broken: {}": "{}已损坏：{}",
        # Files and structure.
        "the file is empty": "文件为空",
        "the file is not DICOM": "文件不是DICOM",
        "the file is no text": "文件不是文本",
        "the data set is empty": "数据集为空",
        "the data set is deflated, which is not accepted": "数据集经deflate压缩，不予接受",
        "the data set ends inside of an element": "数据集在元素内部中断",
        "an element has more than {} bytes before the pixels": "像素之前有元素超过{}字节",
        "{} has {} bytes, the file ends before": "{}有{}字节，文件提前结束",
        "there are more than {} elements": "元素超过{}个",
        "{} has {} bytes, {} follow": "{}有{}字节，其后只有{}字节",
        "an item has {} bytes, {} follow": "条目有{}字节，其后只有{}字节",
        "sequences are nested more than {} deep": "序列元素嵌套超过{}层",
        "an element reaches beyond the end of its item": "元素超出其条目的末尾",
        "{} has no length": "{}没有长度",
        "{} stands where an item belongs": "应为条目处是{}",
        "fragments of pixels have no end": "像素片段没有结尾",
        # Documents.
        "a document of the type {}: kept and shown, not analysed": "类型为{}的文档：予以保存和显示，不作分析",
        "documents of the type {} are kept": "类型为{}的文档予以保存",
        "the series has {} documents, one is read": "序列有{}个文档，只读取一个",
        "the object carries no document": "对象不含文档",
        "the object has no document in it": "对象中没有文档",
        "the scan date of the report is no time": "报告的扫描日期不是有效时间",
        "the date is {}, which cannot be true": "日期为{}，不可能为真",
        "the date is {}, which lies in the future": "日期为{}，在将来",
        "the document has {} bytes, at most {} are read": "文档有{}字节，最多读取{}字节",
        "the document is said to have {} bytes, it has {}": "文档声明为{}字节，实为{}字节",
        "the PDF has {} bytes, at most {} are read": "PDF有{}字节，最多读取{}字节",
        "the PDF has no pages": "PDF没有页面",
        "the PDF is encrypted": "PDF已加密",
        "the PDF is damaged: {}": "PDF已损坏：{}",
        "the PDF needs too much memory to be read": "读取该PDF所需内存过多",
        "reading the PDF takes longer than {} s": "读取该PDF超过{} s",
        "the XML has {} bytes, at most {} are read": "XML有{}字节，最多读取{}字节",
        "the XML has no element": "XML没有元素",
        "the XML has a document type declaration, which is not accepted": "XML含文档类型声明，不予接受",
        "the XML declares an entity, which is not accepted": "XML声明了实体，不予接受",
        "the XML refers to an outside entity, which is not accepted": "XML引用外部实体，不予接受",
        "the XML is damaged in line {}: {}": "XML第{}行已损坏：{}",
        "the XML is in an unknown encoding": "XML的编码未知",
        "the XML has more than {} elements": "XML的元素超过{}个",
        "the XML has more than {} attributes": "XML的属性超过{}个",
        "the XML is nested more than {} deep": "XML嵌套超过{}层",
        # Pixels.
        "the object has no PixelData": "对象没有PixelData",
        "lossy: not analysable, the counts went through lossy compression": (
            "有损：计数经过有损压缩，无法分析"
        ),
        "lossy: not analysable, a JPEG lossless frame leaves out {} bits": (
            "有损：JPEG无损帧舍去{}位，无法分析"
        ),
        "lossy: not analysable, a JPEG-LS frame is near-lossless (NEAR {}, point transform {})": (
            "有损：JPEG-LS帧为近无损（NEAR {}，点变换{}），无法分析"
        ),
        "lossy: not analysable, a JPEG 2000 frame uses the irreversible transformation": (
            "有损：JPEG 2000帧使用不可逆变换，无法分析"
        ),
        "SamplesPerPixel is {}: colour, not counts": "SamplesPerPixel为{}：是彩色图像，不是计数",
        "NumberOfFrames is no number": "NumberOfFrames不是数值",
        "the pixels need {} bytes, at most {} are read": "像素需要{}字节，最多读取{}字节",
        "the pixels are not in fragments, as compressed pixels have to be": (
            "像素不在片段中，而压缩像素必须如此"
        ),
        "the pixels have no length, and are not compressed": "像素没有长度，也未压缩",
        "the pixels have no fragments": "像素没有片段",
        "the pixels of {} frames are in more than {} fragments": "{}帧的像素分在超过{}个片段中",
        "the fragments of the pixels are broken": "像素片段已损坏",
        "the file ends {} bytes before its pixels do": "文件在像素结束前{}字节处中断",
        "the file ends before its pixels do": "文件在像素结束前中断",
        "the file ends before its fragments do": "文件在片段结束前中断",
        "the file ends inside of a fragment": "文件在片段内部中断",
        "the offset table points beside the fragments": "偏移表指向片段之外",
        "a frame cannot be decoded as {}: {}": "有一帧无法按{}解码：{}",
        "pixels in the transfer syntax {} are not decoded": "传输语法{}的像素不能解码",
        "a frame has the shape {}, the header says {}": "有一帧的尺寸为{}，文件头为{}",
        "a frame has pixels of {}, the header says {}": "有一帧的像素为{}，文件头为{}",
        "an RLE segment has {} bytes, needs {}": "RLE段有{}字节，应为{}字节",
        "an RLE frame has no header": "RLE帧没有头",
        "an RLE frame has {} segments, needs {}": "RLE帧有{}段，应为{}段",
        "an RLE frame has segments that lie outside of it": "RLE帧有段在帧外",
        "a JPEG lossless frame uses predictor {}, there are 1 to 7": "JPEG无损帧使用预测器{}，只有1至7",
        "a JPEG lossless frame is damaged: its pixels take {} bits, {} are there": (
            "JPEG无损帧已损坏：像素需{}位，只有{}位"
        ),
        "a frame is no JPEG stream": "有一帧不是JPEG流",
        "a frame is no JPEG 2000 code stream": "有一帧不是JPEG 2000码流",
        "a frame is a JPEG stream without a frame header": "有一帧是没有帧头的JPEG流",
        "a frame is a JPEG stream without a scan": "有一帧是没有扫描的JPEG流",
        "a frame is a JPEG stream of another process (SOF {})": "有一帧是其他过程的JPEG流（SOF {}）",
        "a frame is a JPEG stream with restart intervals, not decoded": "有一帧是带重启间隔的JPEG流，不能解码",
        "a frame is a JPEG-LS stream with a mapping table, not decoded": "有一帧是带映射表的JPEG-LS流，不能解码",
        "a frame is a JPEG stream with a broken scan header": "有一帧JPEG流的扫描头已损坏",
        "a frame is a JPEG stream that breaks off: it has no end marker": "有一帧JPEG流中断：没有结束标记",
        "a frame is a JPEG 2000 code stream that breaks off": "有一帧JPEG 2000码流中断",
        "a frame is a JPEG 2000 code stream with a broken header": "有一帧JPEG 2000码流的头已损坏",
        "a JPEG 2000 frame has more than {} tile parts": "JPEG 2000帧的分块部分超过{}个",
        # Frames of a camera.
        "several frames are of the same detector and window: they are taken in their order": (
            "有多帧属于同一探头和能窗：按其顺序采用"
        ),
        "RescaleSlope {} and RescaleIntercept {} are left aside: counts are taken as stored": (
            "不采用RescaleSlope {}和RescaleIntercept {}：计数按存储值"
        ),
        "the energy window is number {} by the energy number of GE": "按GE的能量号，能窗为第{}号",
        "the detector number of GE": "GE的探头号",
        "the head number of Mediso": "Mediso的探头号",
        "the detector is number {} by {}, DetectorVector says 1": "按{1}，探头为第{0}号，DetectorVector为1",
        "{} objects are of the same detector and window, and not all tell when": (
            "{}个对象属于同一探头和能窗，且并非都注明时间"
        ),
        "ActualFrameDuration is {} ms": "ActualFrameDuration为{} ms",
        "there is no RotationInformationSequence: angles are not known": (
            "没有RotationInformationSequence：角度未知"
        ),
        "an angle of {} degrees is none": "{}度不是有效角度",
        "all detectors start at the angle of the rotation, none has its own": (
            "所有探头均从旋转角度起始，没有各自的角度"
        ),
        "energy window {} has no usable limits": "能窗{}没有可用的界限",
        "energy window {} consists of {} ranges": "能窗{}由{}段组成",
        "{} had to be inferred: the object does not have it": "{}为推断所得：对象中没有",
        "ImageType does not tell the kind of image: a single frame is a static one": (
            "ImageType未说明图像种类：单帧视为静态图像"
        ),
        "neither ImageType nor any vector tells what kind of image this is": (
            "ImageType和各向量均未说明图像种类"
        ),
        "ImageType does not tell the kind of image, {} does": "ImageType未说明图像种类，由{}说明",
        "{} frames cannot be told apart: {} missing (header: {})": "{}帧无法区分：缺少{}（文件头：{}）",
        "{} does not consist of whole numbers": "{}不全是整数",
        "{} has {} values for {} frames": "{}有{}个值，而帧数为{}",
        "{} contains {}; numbers begin with 1": "{}含{}；编号从1开始",
        # Volumes.
        "the series holds {} reconstructions, not one: {}": "序列含{}个重建，而不是一个：{}",
        "the series holds several reconstructions, not one: {}": "序列含多个重建，而不是一个：{}",
        "the series holds several volumes, not one: {}; {}": "序列含多个容积，而不是一个：{}；{}",
        "SpacingBetweenSlices is absent: the slices are taken to touch each other": (
            "没有SpacingBetweenSlices：视各层相接"
        ),
        "neither SpacingBetweenSlices nor SliceThickness tells the spacing": (
            "SpacingBetweenSlices和SliceThickness均未给出层间距"
        ),
        "ImageOrientationPatient is absent: the slices are taken as transverse": (
            "没有ImageOrientationPatient：视为横断层"
        ),
        "ImagePositionPatient is absent: positions are relative to the first slice": (
            "没有ImagePositionPatient：位置以首层为准"
        ),
        "RescaleSlope is 0: every value becomes the same": "RescaleSlope为0：所有值都相同",
        "SliceVector does not name every slice once": "SliceVector未将每层恰列一次",
        "the slices of the series differ in size or type: {}": "序列各层的大小或类型不同：{}",
        "the slices of the series differ in the factors of Philips": "序列各层的Philips系数不同",
        "an object of a series of single slices has several frames": "单层序列中有对象含多帧",
        "{} slices are there, and the header tells of {}": "有{}层，而文件头注明{}层",
        "a slice has no usable ImagePositionPatient and ImageOrientationPatient": (
            "有一层没有可用的ImagePositionPatient和ImageOrientationPatient"
        ),
        "RescaleSlope is absent, or no number, on {} of {} slices, the first is slice {}": (
            "{1}层中有{0}层没有RescaleSlope或其不是数值，首个为第{2}层"
        ),
        "RescaleSlope is absent on all {} slices: taken as 1": "全部{}层均没有RescaleSlope：取1",
        "RescaleSlope is 0 on {} slices, the first is slice {}": "有{}层的RescaleSlope为0，首个为第{}层",
        "{} images are no slices of a volume": "{}幅图像不是一个容积的层",
        "Units is absent: what the values mean is not known": "没有Units：数值的含义未知",
        "{} slices at the same places, the first at {} mm: a slice came twice, or the series has several time frames": (
            "有{}层位置相同，首个在{} mm处：某层重复，或序列含多个时间帧"
        ),
        "a gap of {} mm between the slices at {} and {} mm, where the others are {} mm apart": (
            "{1}与{2} mm处的两层间隔{0} mm，其余各层间隔{3} mm"
        ),
        "the slices do not lie on a line: one is {} mm beside it": "各层不在一条直线上：有一层偏离{} mm",
        "pixel spacings of {} and {} mm stand in one series": "同一序列中像素间距有{}和{} mm",
        "a single slice without SliceThickness has no extent": "单层没有SliceThickness，无法确定其厚度",
        "the slices of the series are turned against each other": "序列各层的方向不一致",
        # Spectra and sinograms.
        "a CNF file of Genie 2000, whose form is not published: export the spectrum as IAEA SPE, as N42 or as a table of channels and counts (in Genie 2000: File, Save As, or the file converter), and send that": (
            "Genie 2000的CNF文件，其格式未公开：请将能谱导出为IAEA SPE、N42，或道址与计数的表格（Genie 2000中：File，Save As，或文件转换器），再发送"
        ),
        "the file has {} bytes, at most {} are read": "文件有{}字节，最多读取{}字节",
        "the file has no block $DATA with counts": "文件没有含计数的$DATA块",
        "the first line of $DATA has to name the first and the last channel": (
            "$DATA的首行须注明首道和末道"
        ),
        "$DATA names {} channels, needs 1 to {}": "$DATA注明{}道，应为1至{}道",
        "$DATA names {} channels and holds {}: the file is cut off": "$DATA注明{}道，只有{}道：文件被截断",
        "the date is day/month/year, where the form asks for month/day/year": (
            "日期为日/月/年，而该格式要求月/日/年"
        ),
        "$DATE_MEA is no date with time": "$DATE_MEA不是带时间的日期",
        "the file has more than {} blocks": "文件的块超过{}个",
        "the file holds several spectra, one is read: export each alone": (
            "文件含多个能谱，只读取一个：请分别导出"
        ),
        "the file does not tell the {}": "文件未注明{}",
        "real time": "实时间",
        "live time": "活时间",
        "the {} is {} s, which is none": "{}为{} s，不是有效值",
        "the live time {} s exceeds the real time {} s": "活时间{} s超过实时间{} s",
        "the file has no energy calibration, the axis is that of the channels": (
            "文件没有能量刻度，坐标轴为道址"
        ),
        "the description looks like the name of a person and is left out; use a pseudonym": (
            "描述疑似人名，不予采用；请用化名"
        ),
        "the spectrum has {} channels, needs {} to {}": "能谱有{}道，应为{}至{}道",
        "the spectrum has more than {} channels": "能谱的道数超过{}",
        "channel {} holds {} counts, needs 0 to {}": "第{}道有{}个计数，应为0至{}",
        "no header of the table says that a column holds energies, the axis is that of the channels": (
            "表头未说明哪一列为能量，坐标轴为道址"
        ),
        "the file has no rows of numbers": "文件没有数值行",
        "the energies have no unit, keV are assumed": "能量没有单位，按keV处理",
        "the energies of the file have an unknown unit, the axis is that of channels": (
            "文件中能量的单位未知，坐标轴为道址"
        ),
        "line {} has {} columns, needs {}": "第{}行有{}列，应为{}列",
        "the N42 file holds no spectrum with counts": "N42文件没有含计数的能谱",
        "{} other spectra of the file (background, calibration) are left out": (
            "文件中另有{}个能谱（本底、刻度）未采用"
        ),
        "the N42 file holds {} spectra that are measurements of their own, one is read: export each into a file of its own": (
            "N42文件含{}个独立测量的能谱，只读取一个：请各导出为一个文件"
        ),
        "counts in the compression {} are not read": "不能读取以{}压缩的计数",
        "the start of the measurement is no date with time": "测量开始时间不是带时间的日期",
        "the file does not begin with !INTERFILE": "文件不以!INTERFILE开头",
        "the Interfile header says {} twice, and not the same": "Interfile头中{}出现两次且不相同",
        "{} hashes for {} files": "{}个散列值对应{}个文件",
        "install the extra photopeak[jpeg] to decode": "请安装附加组件photopeak[jpeg]以便解码",
        "a compressed frame has {} bytes, {} x {} pixels in {} bits need at most {}": (
            "压缩帧有{}字节，{}×{}像素（{}位）最多需要{}字节"
        ),
        "a compressed frame has {} x {} pixels of {} components, the header says {} x {} of 1": (
            "压缩帧为{}×{}像素、{}个分量，文件头为{}×{}、1个分量"
        ),
        "a compressed frame has pixels of {} bits, the header says {}": "压缩帧的像素为{}位，文件头为{}位",
        "a JPEG 2000 frame is cut into tiles of {} x {} pixels": "JPEG 2000帧分为{}×{}像素的块",
        "a JPEG 2000 frame is cut into precincts of {} x {}": "JPEG 2000帧分为{}×{}的区域",
        "the Interfile header does not say where in this file its numbers begin (data offset in bytes); header and numbers have to be one file": (
            "Interfile头未注明数值在本文件中的起始位置（data offset in bytes）；头和数值须在同一文件中"
        ),
        "numbers of the form {} with {} bytes are not read": "不能读取{}格式、{}字节的数值",
        "{} x {} x {} numbers of {} bytes from byte {} on do not make a file of {} bytes": (
            "从第{4}字节起的{0}×{1}×{2}个数值（各{3}字节）与{5}字节的文件不符"
        ),
        "matrix size [{}] of the sinogram is missing or impossible": (
            "正弦图的matrix size [{}]缺失或不可能"
        ),
        "a run of empty channels has the length {}, needs 1 to {}": "空道的长度为{}，应为1至{}",
        "two frames of the series are both detector {}, window {}, phase or rotation {}, slice or view {}{}{}": (
            "序列中有两帧同为探头{}，能窗{}，时相或旋转{}，层或角度{}{}{}"
        ),
        "{} frames, but {} windows, heads (and gates) with {} views make {}": (
            "有{}帧，但{}个能窗、探头（和门控）各{}个角度应为{}帧"
        ),
        "{} names number {}, {} has {} items": "{}注明编号{}，{}有{}项",
        "the {} of the rotation is not known, so angles are not": "旋转的{}未知，因此角度未知",
        "{} bits up to bit {} in words of {} cannot be": "{2}位的字中不可能有止于第{1}位的{0}位",
        "NumberOfFrames is {}, needs 1 to {}": "NumberOfFrames为{}，应为1至{}",
        "PixelData has {} bytes, {} frames of {} x {} pixels in {} bits need {}": (
            "PixelData有{}字节，{}帧{}×{}像素（{}位）需要{}字节"
        ),
        "{} fragments for {} frames, and no offset table": "{1}帧有{0}个片段，且没有偏移表",
        "{} fragments cannot hold {} frames": "{}个片段不可能含{}帧",
        "{}, in R-R interval {}, time slot {}": "{}，R-R间期{}，时间段{}",
        "PixelSpacing is {}, needs two positive numbers": "PixelSpacing为{}，应为两个正数",
        "alike in all that tells": "所有标识均相同",
        "the slices of the series differ in {}: {}": "序列各层的{}不同：{}",
        "{} holds what is no number": "{}含非数值内容",
        "the energy calibration ({}) is not valid: energies have to rise from channel to channel and to stay below {} keV; the axis is that of the channels": (
            "能量刻度（{}）无效：能量须逐道递增且低于{} keV；坐标轴为道址"
        ),
        "the energy calibration has {} coefficients, at most {} are read; the axis is that of the channels": (
            "能量刻度有{}个系数，最多读取{}个；坐标轴为道址"
        ),
        "column {} does not rise from row {} to {}: {}, {}": "第{}列从第{}行到第{}行未递增：{}，{}",
        # Times.
        "the header does not tell when it was acquired": "文件头未注明采集时间",
        "{} is {}, which is no time": "{}为{}，不是有效时间",
        "{} has no time of day beside it: midnight is assumed": "{}没有时刻：按零点处理",
        "{} is {}, which cannot be true": "{}为{}，不可能为真",
        "{} is {}, which lies in the future": "{}为{}，在将来",
        "the time of acquisition is taken from {}": "采集时间取自{}",
        "the day before the acquisition": "采集前一天",
        "the day of the acquisition": "采集当天",
    }
)
"""Chinese by the English text."""
